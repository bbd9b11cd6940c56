-- What row-level security makes slow, and how it stays fast.
--
-- PostgreSQL hands a row to nothing that might give it away before it knows that the row may be seen, and takes a few functions only to
-- be safe (pg_proc.proleakproof). Comparing numbers is; comparing the values of an enum and searching for words are not, so no index
-- is used for them. docs/database.md has the figures.

-- The enums as numbers, in their order.
alter table tasks
    add column status_rank smallint not null generated always as
        (case status when 'pending' then 0 when 'in_progress' then 1 when 'completed' then 2 end) stored,
    add column priority_rank smallint not null generated always as
        (case priority when 'low' then 0 when 'medium' then 1 when 'high' then 2 when 'urgent' then 3 end) stored;

drop index tasks_due_idx, tasks_priority_idx, tasks_board_idx;
create index tasks_due_idx on tasks (user_id, completed, archived, due_order, id) include (status_rank, priority_rank)
    where deleted_at is null;
create index tasks_priority_idx on tasks (user_id, completed, archived, priority_rank, id) where deleted_at is null;
create index tasks_board_idx on tasks (user_id, status_rank, position, id) where deleted_at is null and not completed and not archived;

-- The tasks of who acts that a search finds: up to `most` of their ids. It runs as the owner, past the policies, so it looks itself whose
-- tasks they are. Words are those of `search`; signs are what has to stand in the text as it is; null lets everything through.
create function found_tasks(
    words tsquery, signs text, done boolean, in_archive boolean, wanted_status smallint, wanted_priority smallint,
    due_from date, due_to date, overdue_at timestamp, most bigint
) returns setof uuid
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    person constant uuid := acting_user();
begin
    return query
        select id from tasks
        where user_id = person and deleted_at is null and search @@ words
            and (signs is null or strpos(lower(concat(title, ' ', description)), lower(signs)) > 0)
            and (done is null or completed = done)
            and (in_archive is null or archived = in_archive)
            and (wanted_status is null or status_rank = wanted_status)
            and (wanted_priority is null or priority_rank = wanted_priority)
            and (due_from is null or due_order >= due_from and due_order < 'infinity')
            and (due_to is null or due_order < due_to + interval '1 day')
            and (overdue_at is null or not completed and due_order < overdue_at)
        limit most;
end
$$;

revoke all on function found_tasks(
    tsquery, text, boolean, boolean, smallint, smallint, date, date, timestamp, bigint) from public;
grant execute on function found_tasks(
    tsquery, text, boolean, boolean, smallint, smallint, date, date, timestamp, bigint) to docket_app;
