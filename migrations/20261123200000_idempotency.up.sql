-- Answers to programs that send a request again because they don't know whether it arrived (Idempotency-Key, IETF
-- draft-ietf-httpapi-idempotency-key-header). Written in the transaction of what was done, kept for 24 hours.
create table idempotency_keys (
    user_id     uuid not null references users (id) on delete cascade,
    -- SHA-256 of the key: it may be of any length, and nobody needs to read it.
    key_hash    bytea not null,
    -- SHA-256 of method, path and body: another request under the same key is a mistake.
    fingerprint bytea not null,
    -- What was answered: status, headers and body. As text, so that it is answered alike to the letter.
    answer      json not null,
    created_at  timestamptz not null,
    primary key (user_id, key_hash),
    constraint idempotency_keys_hashes check (length(key_hash) = 32 and length(fingerprint) = 32)
);

create index idempotency_keys_created_idx on idempotency_keys (created_at);

alter table idempotency_keys enable row level security, force row level security;
create policy owner on idempotency_keys to current_user using (true) with check (true);

grant select, insert, delete on idempotency_keys to docket_app;
create policy own on idempotency_keys to docket_app using (user_id = acting_user()) with check (user_id = acting_user());

-- To lock a row takes the right to change something of it.
grant select (user_id, key_hash, created_at), update (created_at), delete on idempotency_keys to docket_jobs;
create policy everything on idempotency_keys to docket_jobs using (true) with check (true);
