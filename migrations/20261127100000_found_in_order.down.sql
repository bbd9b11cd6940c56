-- Nothing is lost: what a search finds is looked up by its id again.
drop function found_tasks(
    tsquery, text, boolean, boolean, smallint, smallint, date, date, boolean, timestamp, text, bigint);
drop type found_task;

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
