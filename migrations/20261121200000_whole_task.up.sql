-- The whole task: priority, due date, manual order, version, search; and what was done to it.

create type task_priority as enum ('low', 'medium', 'high', 'urgent');

-- The words of one person, for the index: those of a tsvector or tsquery, as text, each behind the end of the owner's id. So the
-- index finds, counts and completes one person's words without passing by everybody else's.
create function owned_words(owner uuid, words text) returns text
language sql immutable parallel safe
return replace(' ' || words, ' ''', ' ''' || right(owner::text, 6));

-- A text as its words are read from it. NFKC, so that é is found however it was typed; in lower case, whatever the locale of the
-- database; without what makes PostgreSQL take words for a tag, an address or a path, and keep only the whole; and with no word so
-- long that PostgreSQL refuses it.
create function readable(body text) returns text
language sql immutable parallel safe
return regexp_replace(
    lower(translate(normalize(body, nfkc), '<>&/.@', '      ') collate "und-x-icu"), '(\S{250})', '\1 ', 'g');

-- The lexemes of a text, twice: as they are, so that no word of any language is lost, and stemmed. And its signs, such as emoji,
-- which are no words but can be searched for.
create function text_search(body text, weight "char") returns tsvector
language sql immutable parallel safe
return setweight(to_tsvector('pg_catalog.simple', readable(body)), weight)
    || setweight(to_tsvector('pg_catalog.english', readable(body)), weight)
    || array_to_tsvector(string_to_array(regexp_replace(body, '[[:alnum:][:space:]]+' collate "und-x-icu", '', 'g'), null));

alter table tasks
    add column priority task_priority not null default 'medium',
    -- A calendar day of the owner's, and a time by the owner's clock: neither shifts with time zones.
    add column due_date date,
    add column due_time time(0),
    -- Smaller stands higher: 24 hexadecimal digits, and a fraction (domain/position.rs).
    add column position varchar(1000) collate "C",
    -- Counts the changes.
    add column version bigint not null default 1;

-- Nobody changes a task here: updated_at stays.
drop trigger tasks_updated_at on tasks;

-- What the application makes of an id: newer stands higher.
update tasks set position =
    translate(left(replace(id::text, '-', ''), 24), '0123456789abcdef', 'fedcba9876543210');

alter table tasks
    alter column position set not null,
    -- Until when it is in time, for order and comparison: a day without a time ends with its last moment; no day comes last.
    add column due_order timestamp not null generated always as
        (coalesce(due_date + coalesce(due_time, time '23:59:59.999999'), 'infinity')) stored,
    add column search tsvector not null generated always as
        (owned_words(user_id, (text_search(title, 'A') || text_search(coalesce(description, ''), 'C'))::text)::tsvector) stored,
    add constraint tasks_due_time_has_a_date check (due_time is null or due_date is not null),
    add constraint tasks_due_date_has_four_digits check (due_date between '0001-01-01' and '9999-12-31'),
    add constraint tasks_position_shape check (position ~ '^[0-9a-f]{24}([0-9a-f]*[1-9a-f])?$'),
    add constraint tasks_version_counts check (version > 0);

-- Every row of tasks that changes counts it; one that stays as it is doesn't.
create function count_task_change() returns trigger
language plpgsql as $$
begin
    new.version := old.version + 1;
    new.updated_at := now();
    return new;
end
$$;

create trigger tasks_version before update on tasks
    for each row
    when ((old.title, old.description, old.status, old.priority, old.due_date, old.due_time, old.position, old.deleted_at)
          is distinct from
          (new.title, new.description, new.status, new.priority, new.due_date, new.due_time, new.position, new.deleted_at))
    execute function count_task_change();

-- Who changed what, and when. Rows are added and never changed.
create table audit_logs (
    id          bigint primary key generated always as identity,
    -- Everything that one act of a person changed: what an undo takes back.
    change_id   uuid not null,
    -- Who did it; null for Docket itself. No reference: the row outlives the account.
    user_id     uuid,
    action      varchar(50) not null,
    entity_type varchar(50) not null,
    entity_id   varchar(100) not null,
    -- The fields that changed, before and after.
    old_values  jsonb,
    new_values  jsonb,
    created_at  timestamptz not null default now()
);

create function refuse_audit_change() returns trigger
language plpgsql as $$
begin
    raise exception 'audit_logs only grows' using errcode = 'insufficient_privilege';
end
$$;

create trigger audit_logs_grows before update or delete on audit_logs
    for each row execute function refuse_audit_change();
create trigger audit_logs_stays before truncate on audit_logs
    for each statement execute function refuse_audit_change();

-- The history of one thing, newest first.
create index audit_logs_entity_idx on audit_logs (entity_id, id desc);
-- What one act changed, and what one person did, in the order of time.
create index audit_logs_change_idx on audit_logs (user_id, change_id);

-- A time as text that is the same in every session.
create function utc_text(at timestamptz) returns text
language sql immutable
return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- What of a task is kept in its history.
create function task_values(task tasks) returns jsonb
language sql immutable
return jsonb_build_object(
    'title', task.title, 'description', task.description, 'status', task.status, 'priority', task.priority,
    'due_date', task.due_date, 'due_time', to_char(task.due_time, 'HH24:MI'), 'position', task.position,
    'completed_at', utc_text(task.completed_at), 'deleted_at', utc_text(task.deleted_at), 'version', task.version);

-- One row for every change of a task, whoever makes it and however. The scope of a change says which change it is part of.
create function log_task_change() returns trigger
language plpgsql as $$
declare
    before jsonb := case when tg_op = 'INSERT' then '{}' else task_values(old) end;
    after  jsonb := case when tg_op = 'DELETE' then '{}' else task_values(new) end;
    act    text;
begin
    case
        when tg_op = 'INSERT' then act := 'add';
        -- What it was is told by its earlier rows, which stay.
        when tg_op = 'DELETE' then act := 'purge'; before := null; after := null;
        when old.deleted_at is null and new.deleted_at is not null then act := 'trash';
        when old.deleted_at is not null and new.deleted_at is null then act := 'restore';
        when old.status <> 'completed' and new.status = 'completed' then act := 'complete';
        when old.status = 'completed' and new.status <> 'completed' then act := 'reopen';
        when new.position <> old.position then act := 'move';
        else act := 'edit';
    end case;
    if act <> 'purge' then
        select jsonb_object_agg(key, before -> key) filter (where before ? key), jsonb_object_agg(key, value)
        into before, after
        from jsonb_each(after) where before -> key is distinct from value and (tg_op = 'UPDATE' or value <> 'null');
    end if;
    insert into audit_logs (change_id, user_id, action, entity_type, entity_id, old_values, new_values)
    values (
        coalesce(nullif(current_setting('docket.change_id', true), '')::uuid, gen_random_uuid()),
        nullif(current_setting('docket.user_id', true), '')::uuid,
        act, 'task', coalesce(new.id, old.id), before, after);
    return null;
end
$$;

create trigger tasks_inserted after insert or delete on tasks
    for each row execute function log_task_change();
create trigger tasks_updated after update on tasks
    for each row when (old.version <> new.version) execute function log_task_change();

-- Each order of the list, open before completed. docs/database.md says what each is for, and what it costs.
drop index tasks_list_idx;
create index tasks_position_idx on tasks (user_id, completed, position, id) where deleted_at is null;
-- Nulls, of which there are none, stand where they don't in the primary key: PostgreSQL must not look for one person's tasks among
-- everybody's.
create index tasks_created_idx on tasks (user_id, completed, id desc nulls last) where deleted_at is null;
-- Counts what is filtered, too.
create index tasks_due_idx on tasks (user_id, completed, due_order, id) include (status, priority) where deleted_at is null;
create index tasks_priority_idx on tasks (user_id, completed, priority, id) where deleted_at is null;
create index tasks_title_idx on tasks (user_id, completed, title collate "und-x-icu", id) where deleted_at is null;
create index tasks_updated_idx on tasks (user_id, completed, updated_at, id) where deleted_at is null;
create index tasks_board_idx on tasks (user_id, status, position, id) where deleted_at is null and not completed;
create index tasks_search_idx on tasks using gin (search) where deleted_at is null;
-- What the retention job removes; the trash of a user is in tasks_trash_idx.
drop index tasks_trash_idx;
create index tasks_trash_idx on tasks (user_id, deleted_at desc, id desc) where deleted_at is not null;
create index tasks_purge_idx on tasks (deleted_at) where deleted_at is not null;
