-- Priority, due dates, manual order, and the history are lost; the tasks stay.
drop trigger tasks_inserted on tasks;
drop trigger tasks_updated on tasks;
drop trigger tasks_version on tasks;
drop function log_task_change();
drop function task_values(tasks);
drop function utc_text(timestamptz);
drop function count_task_change();
drop table audit_logs;
drop function refuse_audit_change();
drop index tasks_position_idx, tasks_created_idx, tasks_due_idx, tasks_priority_idx, tasks_title_idx, tasks_updated_idx,
    tasks_board_idx, tasks_search_idx, tasks_trash_idx, tasks_purge_idx;
alter table tasks
    drop column search, drop column due_order, drop column version, drop column position,
    drop column due_time, drop column due_date, drop column priority;
drop function text_search(text, "char");
drop function readable(text);
drop function owned_words(uuid, text);
drop type task_priority;
create index tasks_list_idx on tasks (user_id, completed, id desc) where deleted_at is null;
create index tasks_trash_idx on tasks (user_id, deleted_at desc) where deleted_at is not null;
create trigger tasks_updated_at before update on tasks
    for each row execute function set_updated_at();
