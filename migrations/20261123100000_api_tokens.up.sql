-- How programs log in: personal access tokens, and the public halves of the keys that short-lived ones (JWT) are signed with.

create table api_tokens (
    id           uuid primary key,
    user_id      uuid not null references users (id) on delete cascade,
    -- What its owner calls it.
    name         varchar(100) not null,
    -- SHA-256 of the whole token: it is random, so it needs neither salt nor stretching.
    token_hash   bytea not null,
    -- Its last four characters, to tell one from another. They are made from the rest.
    hint         text not null,
    scopes       text[] not null,
    -- The account's session_epoch when it was made. What ends all sessions ends all tokens.
    epoch        uuid not null,
    -- Null for one that doesn't end by itself.
    expires_at   timestamptz,
    -- Noted at most every 5 minutes.
    last_used_at timestamptz,
    created_at   timestamptz not null default now(),
    constraint api_tokens_hash_size check (octet_length(token_hash) = 32),
    constraint api_tokens_name_shape check (name ~ '\S'),
    constraint api_tokens_hint_shape check (hint ~ '^[0-9A-Za-z]{4}$'),
    constraint api_tokens_scopes_known check (
        cardinality(scopes) between 1 and 3 and scopes <@ array['tasks:read', 'tasks:write', 'account:read']),
    constraint api_tokens_expiry_later check (expires_at > created_at)
);

-- What a token leads to.
create unique index api_tokens_hash_key on api_tokens (token_hash);
-- Somebody's tokens, and what the cascade from users has to find.
create index api_tokens_user_id_idx on api_tokens (user_id);
-- What the cleaning job deletes.
create index api_tokens_expires_at_idx on api_tokens (expires_at);

-- Public halves only: the private ones never leave the memory of the process that signs, so nothing in the database can sign anything.
create table signing_keys (
    -- The key's thumbprint (RFC 7638).
    kid        text primary key,
    -- Ed25519.
    public_key bytea not null,
    created_at timestamptz not null,
    -- What it has signed is good until then at the longest.
    expires_at timestamptz not null,
    constraint signing_keys_kid_shape check (kid ~ '^[A-Za-z0-9_-]{43}$'),
    constraint signing_keys_size check (octet_length(public_key) = 32),
    constraint signing_keys_expiry_later check (expires_at > created_at)
);

alter table api_tokens enable row level security, force row level security;
create policy owner on api_tokens to current_user using (true) with check (true);

-- Whose they are: makes, lists and ends them, and changes nothing of one.
grant select (id, user_id, name, hint, scopes, epoch, expires_at, last_used_at, created_at), insert, delete on api_tokens to docket_app;
create policy own on api_tokens to docket_app using (user_id = acting_user()) with check (user_id = acting_user());

-- What finds out who somebody is: finds one by its hash, and notes that it is used. Shows and adds the public halves of keys.
grant select (id, user_id, token_hash, scopes, epoch, expires_at, last_used_at), update (last_used_at) on api_tokens to docket_sign_in;
grant select, insert on signing_keys to docket_sign_in;
create policy found on api_tokens to docket_sign_in using (true) with check (true);

-- The jobs remove what is over.
grant select (id, expires_at), delete on api_tokens to docket_jobs;
grant select (kid, expires_at), delete on signing_keys to docket_jobs;
create policy everything on api_tokens to docket_jobs using (true) with check (true);
