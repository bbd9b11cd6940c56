-- Nothing is lost: priority_rank and status_rank are made from priority and status.
drop function found_tasks(tsquery, text, boolean, boolean, smallint, smallint, date, date, timestamp, bigint);
drop index tasks_due_idx, tasks_priority_idx, tasks_board_idx;
alter table tasks drop column status_rank, drop column priority_rank;
create index tasks_due_idx on tasks (user_id, completed, archived, due_order, id) include (status, priority)
    where deleted_at is null;
create index tasks_priority_idx on tasks (user_id, completed, archived, priority, id) where deleted_at is null;
create index tasks_board_idx on tasks (user_id, status, position, id) where deleted_at is null and not completed;
