-- The tables of the specifications, with the fields that Docket's tasks have besides; without what nothing here asks for.

create table users (
    id         uuid primary key,
    email      varchar(255) not null unique,
    name       varchar(100) not null,
    is_active  boolean not null default true,
    created_at timestamptz not null default now()
);

create table tokens (
    id         uuid primary key,
    user_id    uuid not null references users (id) on delete cascade,
    -- SHA-256, as Docket keeps them.
    token_hash bytea not null unique,
    scopes     text[] not null,
    expires_at timestamptz
);

create table tasks (
    id           uuid primary key,
    user_id      uuid not null references users (id) on delete cascade,
    title        varchar(200) not null,
    description  text check (char_length(description) <= 1000),
    status       varchar(20) not null default 'pending' check (status in ('pending', 'in_progress', 'completed')),
    completed    boolean not null default false,
    priority     varchar(20) not null default 'medium' check (priority in ('low', 'medium', 'high', 'urgent')),
    due_date     date,
    -- As it is answered: HH:MM.
    due_time     varchar(5),
    position     varchar(100) not null,
    version      bigint not null default 1,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    completed_at timestamptz,
    deleted_at   timestamptz
);

-- The index that the specifications ask for, and as the list reads it: newest first, and without what is in the trash.
create index tasks_user_created_idx on tasks (user_id, created_at desc, id desc) where deleted_at is null;
create index tasks_user_completed_idx on tasks (user_id, completed);

-- "Audit Trail" of the specifications.
create table audit_logs (
    id          bigint primary key generated always as identity,
    user_id     uuid,
    action      varchar(50) not null,
    entity_type varchar(50) not null,
    entity_id   varchar(100) not null,
    old_values  jsonb,
    new_values  jsonb,
    created_at  timestamptz not null default now()
);
create index audit_logs_entity_idx on audit_logs (entity_id, id desc);
