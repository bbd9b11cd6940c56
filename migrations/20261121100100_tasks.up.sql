-- What there is to do.

create type task_status as enum ('pending', 'in_progress', 'completed');

create table tasks (
    -- UUID version 7, made by the application: newer is greater.
    id           uuid primary key,
    user_id      uuid not null references users (id) on delete cascade,
    title        varchar(200) not null,
    description  text,
    status       task_status not null default 'pending',
    completed    boolean not null generated always as (status = 'completed') stored,
    completed_at timestamptz,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    -- In the trash since.
    deleted_at   timestamptz,
    constraint tasks_title_shape check (title ~ '\S'),
    constraint tasks_description_shape check (description ~ '\S' and char_length(description) <= 1000),
    constraint tasks_completed_at_matches_status check ((completed_at is not null) = (status = 'completed'))
);

create trigger tasks_updated_at before update on tasks
    for each row execute function set_updated_at();

-- The list: one user's live tasks, open before completed, newest first, read in order. Also finds a user's rows for
-- the cascade as long as they are live.
create index tasks_list_idx on tasks (user_id, completed, id desc) where deleted_at is null;
-- The trash of a user, and the rest of what the cascade has to find.
create index tasks_trash_idx on tasks (user_id, deleted_at desc) where deleted_at is not null;
