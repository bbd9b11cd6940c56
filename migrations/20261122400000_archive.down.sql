-- What was archived stays, among the completed tasks; that it was archived is told by its history only.

drop index tasks_archive_idx;
drop index tasks_position_idx, tasks_created_idx, tasks_due_idx, tasks_priority_idx, tasks_title_idx, tasks_updated_idx;

create or replace function log_task_change() returns trigger
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

create or replace function task_values(task tasks) returns jsonb
language sql immutable
return jsonb_build_object(
    'title', task.title, 'description', task.description, 'status', task.status, 'priority', task.priority,
    'due_date', task.due_date, 'due_time', to_char(task.due_time, 'HH24:MI'), 'position', task.position,
    'completed_at', utc_text(task.completed_at), 'deleted_at', utc_text(task.deleted_at), 'version', task.version);

drop trigger tasks_version on tasks;
create trigger tasks_version before update on tasks
    for each row
    when ((old.title, old.description, old.status, old.priority, old.due_date, old.due_time, old.position, old.deleted_at)
          is distinct from
          (new.title, new.description, new.status, new.priority, new.due_date, new.due_time, new.position, new.deleted_at))
    execute function count_task_change();

create or replace function count_task_change() returns trigger
language plpgsql as $$
begin
    new.version := old.version + 1;
    new.updated_at := now();
    return new;
end
$$;

alter table tasks drop constraint tasks_archived_are_completed, drop column archived, drop column archived_at;

create index tasks_position_idx on tasks (user_id, completed, position, id) where deleted_at is null;
create index tasks_created_idx on tasks (user_id, completed, id desc nulls last) where deleted_at is null;
create index tasks_due_idx on tasks (user_id, completed, due_order, id) include (status, priority) where deleted_at is null;
create index tasks_priority_idx on tasks (user_id, completed, priority, id) where deleted_at is null;
create index tasks_title_idx on tasks (user_id, completed, title collate "und-x-icu", id) where deleted_at is null;
create index tasks_updated_idx on tasks (user_id, completed, updated_at, id) where deleted_at is null;
