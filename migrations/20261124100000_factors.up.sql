-- More ways to show who one is: passkeys, codes of an app, backup codes, and sign-ins by another provider.

-- Credentials of WebAuthn (W3C, level 2), which need no password.
create table passkeys (
    id            uuid primary key,
    user_id       uuid not null references users (id) on delete cascade,
    -- What its owner calls it.
    name          varchar(100) not null,
    credential_id bytea not null,
    -- As webauthn-rs keeps it: the public key, the counter, the flags of backup.
    credential    jsonb not null,
    created_at    timestamptz not null default now(),
    last_used_at  timestamptz,
    constraint passkeys_name_shape check (name ~ '\S')
);
-- What a browser comes with.
create unique index passkeys_credential_id_key on passkeys (credential_id);
create index passkeys_user_id_idx on passkeys (user_id);

-- The secret that an app makes codes from (RFC 6238).
create table totp_secrets (
    user_id      uuid primary key references users (id) on delete cascade,
    -- Sealed with a key that isn't in the database (server/secrets.rs).
    secret       bytea not null,
    -- Null until its owner has typed a first code: until then nothing is asked for.
    confirmed_at timestamptz,
    -- The step of the last code that was used: no code of it, or of one before, works again.
    last_step    bigint not null default 0,
    created_at   timestamptz not null default now()
);

-- For who has lost the app: each works once, and is gone then.
create table backup_codes (
    user_id uuid not null references users (id) on delete cascade,
    -- HMAC-SHA-256 with the key that isn't in the database: without it, trying all codes finds none.
    mark    bytea not null,
    primary key (user_id, mark),
    constraint backup_codes_mark_size check (octet_length(mark) = 32)
);

-- Sign-ins by a provider (OpenID Connect).
create table accounts (
    id                  uuid primary key,
    user_id             uuid not null references users (id) on delete cascade,
    provider            varchar(50) not null,
    -- The provider's name for the person (`sub`).
    provider_account_id varchar(255) not null,
    -- Sealed, like the secrets above.
    access_token        bytea,
    refresh_token       bytea,
    expires_at          timestamptz,
    created_at          timestamptz not null default now(),
    constraint accounts_key unique (provider, provider_account_id)
);
create index accounts_user_id_idx on accounts (user_id);

-- Who has to have a second factor. One row.
create table factor_policy (
    one        boolean primary key default true check (one),
    required   text not null,
    -- From then on it is asked of everybody whom it is about.
    from_when  timestamptz not null,
    constraint factor_policy_required_known check (required in ('nobody', 'admins', 'everybody'))
);
insert into factor_policy (required, from_when) values ('nobody', now());

alter table passkeys enable row level security, force row level security;
alter table totp_secrets enable row level security, force row level security;
alter table backup_codes enable row level security, force row level security;
alter table accounts enable row level security, force row level security;
create policy owner on passkeys to current_user using (true) with check (true);
create policy owner on totp_secrets to current_user using (true) with check (true);
create policy owner on backup_codes to current_user using (true) with check (true);
create policy owner on accounts to current_user using (true) with check (true);

-- Whose they are.
grant select, insert, delete, update (name) on passkeys to docket_app;
grant select, insert, delete, update (secret, confirmed_at, last_step, created_at) on totp_secrets to docket_app;
grant select, insert, delete on backup_codes to docket_app;
grant select (id, user_id, provider, provider_account_id, expires_at, created_at), insert, delete on accounts to docket_app;
grant select on factor_policy to docket_app, docket_sign_in, docket_admin;
create policy own on passkeys to docket_app using (user_id = acting_user()) with check (user_id = acting_user());
create policy own on totp_secrets to docket_app using (user_id = acting_user()) with check (user_id = acting_user());
create policy own on backup_codes to docket_app using (user_id = acting_user()) with check (user_id = acting_user());
create policy own on accounts to docket_app using (user_id = acting_user()) with check (user_id = acting_user());

-- What finds out who somebody is: finds them, notes that they were used, and uses codes up.
grant select, update (credential, last_used_at) on passkeys to docket_sign_in;
grant select, update (last_step) on totp_secrets to docket_sign_in;
grant select, delete on backup_codes to docket_sign_in;
grant select, insert, update (access_token, refresh_token, expires_at) on accounts to docket_sign_in;
create policy found on passkeys to docket_sign_in using (true) with check (true);
create policy found on totp_secrets to docket_sign_in using (true) with check (true);
create policy found on backup_codes to docket_sign_in using (true) with check (true);
create policy found on accounts to docket_sign_in using (true) with check (true);

-- Who runs this Docket says who has to have a second factor, and takes away what somebody has lost.
grant update on factor_policy to docket_admin;
grant select (user_id), delete on passkeys to docket_admin;
grant select (user_id, confirmed_at), delete on totp_secrets to docket_admin;
grant select (user_id), delete on backup_codes to docket_admin;
grant select (user_id, provider), delete on accounts to docket_admin;
create policy everything on passkeys to docket_admin using (true) with check (true);
create policy everything on totp_secrets to docket_admin using (true) with check (true);
create policy everything on backup_codes to docket_admin using (true) with check (true);
create policy everything on accounts to docket_admin using (true) with check (true);

-- Whether somebody has to have a second factor by now.
create function needs_factor(person uuid) returns boolean
language sql stable security definer set search_path = public, pg_temp
begin atomic
    select exists (
        select from factor_policy, users
        where users.id = person and from_when <= now() and (required = 'everybody' or required = 'admins' and role = 'admin'));
end;

-- Whether somebody who has to have a second factor has none: until then there is nothing else to do for them.
create function lacks_factor(person uuid) returns boolean
language sql stable security definer set search_path = public, pg_temp
begin atomic
    select needs_factor(person)
        and not exists (select from totp_secrets where user_id = person and confirmed_at is not null)
        and not exists (select from passkeys where user_id = person);
end;

-- Whether a password, or another provider's word, isn't enough to let somebody in.
create function asks_second_step(person uuid) returns boolean
language sql stable security definer set search_path = public, pg_temp
begin atomic
    select exists (select from totp_secrets where user_id = person and confirmed_at is not null)
        or needs_factor(person) and exists (select from passkeys where user_id = person);
end;

-- Takes away what somebody can show besides the password: what was set up before the address was proven may be a stranger's.
create function forget_factors(person uuid) returns void
language sql security definer set search_path = public, pg_temp
begin atomic
    delete from passkeys where user_id = person;
    delete from totp_secrets where user_id = person;
    delete from backup_codes where user_id = person;
    delete from accounts where user_id = person;
end;

revoke all on function forget_factors(uuid) from public;
grant execute on function forget_factors(uuid) to docket_sign_in, docket_admin;
revoke all on function needs_factor(uuid), lacks_factor(uuid), asks_second_step(uuid) from public;
grant execute on function needs_factor(uuid), lacks_factor(uuid), asks_second_step(uuid) to docket_sign_in, docket_app, docket_admin;
