-- Nothing is lost: the same functions, in SQL.

create or replace function owned_words(owner uuid, words text) returns text
language sql immutable parallel safe
return replace(' ' || words, ' ''', ' ''' || right(owner::text, 6));

create or replace function readable(body text) returns text
language sql immutable parallel safe
return regexp_replace(
    lower(translate(normalize(body, nfkc), '<>&/.@', '      ') collate "und-x-icu"), '(\S{250})', '\1 ', 'g');

create or replace function text_search(body text, weight "char") returns tsvector
language sql immutable parallel safe
return setweight(to_tsvector('pg_catalog.simple', readable(body)), weight)
    || setweight(to_tsvector('pg_catalog.english', readable(body)), weight)
    || array_to_tsvector(string_to_array(regexp_replace(body, '[[:alnum:][:space:]]+' collate "und-x-icu", '', 'g'), null));

create or replace function utc_text(at timestamptz) returns text
language sql immutable
return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

create or replace function task_values(task tasks) returns jsonb
language sql immutable
return jsonb_build_object(
    'title', task.title, 'description', task.description, 'status', task.status, 'priority', task.priority,
    'due_date', task.due_date, 'due_time', to_char(task.due_time, 'HH24:MI'), 'position', task.position,
    'completed_at', utc_text(task.completed_at), 'deleted_at', utc_text(task.deleted_at),
    'archived_at', utc_text(task.archived_at), 'version', task.version);
