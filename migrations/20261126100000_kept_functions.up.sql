-- Every task that is added or changed has its words read and its history written by these. PostgreSQL reads, unfolds and simplifies a
-- function in SQL anew for each statement, which was a quarter of the time that it takes to add a task; one in PL/pgSQL once for each
-- connection. What they give is the same. They name each other with their schema, as who restores a dump has none set.

create or replace function owned_words(owner uuid, words text) returns text
language plpgsql immutable parallel safe
as $$
begin
    return replace(' ' || words, ' ''', ' ''' || right(owner::text, 6));
end;
$$;

create or replace function readable(body text) returns text
language plpgsql immutable parallel safe
as $$
begin
    return regexp_replace(
        lower(translate(normalize(body, nfkc), '<>&/.@', '      ') collate "und-x-icu"), '(\S{250})', '\1 ', 'g');
end;
$$;

create or replace function text_search(body text, weight "char") returns tsvector
language plpgsql immutable parallel safe
as $$
declare
    plain constant text := public.readable(body);
begin
    return setweight(to_tsvector('pg_catalog.simple', plain), weight)
        || setweight(to_tsvector('pg_catalog.english', plain), weight)
        || array_to_tsvector(string_to_array(regexp_replace(body, '[[:alnum:][:space:]]+' collate "und-x-icu", '', 'g'), null));
end;
$$;

create or replace function utc_text(at timestamptz) returns text
language plpgsql immutable
as $$
begin
    return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
end;
$$;

create or replace function task_values(task tasks) returns jsonb
language plpgsql immutable
as $$
begin
    return jsonb_build_object(
        'title', task.title, 'description', task.description, 'status', task.status, 'priority', task.priority,
        'due_date', task.due_date, 'due_time', to_char(task.due_time, 'HH24:MI'), 'position', task.position,
        'completed_at', public.utc_text(task.completed_at), 'deleted_at', public.utc_text(task.deleted_at),
        'archived_at', public.utc_text(task.archived_at), 'version', task.version);
end;
$$;
