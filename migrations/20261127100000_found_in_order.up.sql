-- What a search finds comes with what it is to be sorted by, so no row is looked up again only to be sorted. To look up each of 1,500
-- matches by its id took four times as long as to find them (docs/database.md).

-- A match, with one of these, by the key it is sorted by; the others are null. In their collations, as in `tasks` and its indexes.
create type found_task as (
    id uuid, "position" text collate "C", due_order timestamp, priority_rank smallint, title text collate "und-x-icu",
    updated_at timestamptz, rank real
);

drop function found_tasks(tsquery, text, boolean, boolean, smallint, smallint, date, date, timestamp, bigint);

-- The tasks of who acts that a search finds: up to `most` of them. It runs as the owner, past the policies, so it looks itself whose
-- tasks they are. Words are those of `search`; signs are what has to stand in the text as it is; null lets everything through. A key is one
-- that lists are sorted by, as in URLs.
create function found_tasks(
    words tsquery, signs text, done boolean, in_archive boolean, wanted_status smallint, wanted_priority smallint,
    due_from date, due_to date, is_overdue boolean, wall_clock timestamp, sort_key text, most bigint
) returns setof found_task
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    person constant uuid := acting_user();
begin
    return query
        select id,
            case sort_key when 'position' then "position"::text end,
            case sort_key when 'due_date' then due_order end,
            case sort_key when 'priority' then priority_rank end,
            case sort_key when 'title' then title::text end,
            case sort_key when 'updated_at' then updated_at end,
            case sort_key when 'relevance' then ts_rank(search, words) end
        from tasks
        where user_id = person and deleted_at is null and search @@ words
            and (signs is null or strpos(lower(concat(title, ' ', description)), lower(signs)) > 0)
            and (done is null or completed = done)
            and (in_archive is null or archived = in_archive)
            and (wanted_status is null or status_rank = wanted_status)
            and (wanted_priority is null or priority_rank = wanted_priority)
            and (due_from is null or due_order >= due_from and due_order < 'infinity')
            and (due_to is null or due_order < due_to + interval '1 day')
            and (is_overdue is null or (not completed and due_order < wall_clock) = is_overdue)
        limit most;
end
$$;

revoke all on function found_tasks(
    tsquery, text, boolean, boolean, smallint, smallint, date, date, boolean, timestamp, text, bigint) from public;
grant execute on function found_tasks(
    tsquery, text, boolean, boolean, smallint, smallint, date, date, boolean, timestamp, text, bigint) to docket_app;
