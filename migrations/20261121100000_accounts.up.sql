-- Who uses Docket, and where they are logged in.

-- Keeps updated_at true whoever writes the row; no query has to remember it.
create function set_updated_at() returns trigger
language plpgsql as $$
begin
    new.updated_at := now();
    return new;
end
$$;

create type user_role as enum ('member', 'admin');

create table users (
    id                uuid primary key,
    -- Normalised by the application (NFKC, lower case).
    email             varchar(255) not null,
    name              varchar(100) not null,
    -- A PHC string. Null for who signs in by another way.
    password_hash     text,
    email_verified_at timestamptz,
    image             text,
    role              user_role not null default 'member',
    time_zone         text not null default 'UTC',
    is_active         boolean not null default true,
    -- Raised to end every session of the account: sessions remember the epoch they began in.
    session_epoch     uuid not null default gen_random_uuid(),
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now(),
    constraint users_email_shape check (email ~ '^[^@]+@[^@]+$'),
    constraint users_name_shape check (name ~ '\S')
);

-- One account per address whatever its case, and the index behind every login.
create unique index users_email_key on users (lower(email));

create trigger users_updated_at before update on users
    for each row execute function set_updated_at();

-- Shared with tower-sessions-sqlx-store, which knows the first three columns.
create table sessions (
    -- A hash of the cookie's token, never the token.
    id                text primary key,
    data              bytea not null,
    expiry_date       timestamptz not null,
    -- Null before login. Follows what the session's data says.
    user_id           uuid references users (id) on delete cascade,
    ip_address        inet,
    user_agent        text,
    created_at        timestamptz not null default now(),
    last_seen_at      timestamptz not null default now(),
    -- However active, a session ends here; expiry_date never goes beyond.
    absolute_expiry   timestamptz not null default now() + interval '90 days'
);

-- A user's sessions, and what the cascade from users has to find.
create index sessions_user_id_idx on sessions (user_id);
-- What the cleaning job deletes.
create index sessions_expiry_date_idx on sessions (expiry_date);
