#!/usr/bin/env bash
# What Docket's queries cost on the database of bench/scale.sql, as Markdown: a table, then every plan.
#
#     bench/explain.sh NAME [MODE] [FILTER]
#
# NAME is what psql takes (a database or a postgres:// URL). MODE is the plan_cache_mode where Docket plans each time: force_custom_plan, unless
# said otherwise; whole lists, Today and Upcoming keep their plan (force_generic_plan). FILTER is a regular expression of labels. Every statement is prepared as sqlx does it and run thirty times;
# what is shown is the fastest, which says most on a machine that does other things too. It runs as Docket runs it: in its role, for one
# person, with row-level security. The SQL is that of src/server/store/tasks/{find,list}.rs; {type|value} is a parameter.
set -euo pipefail

database=$1 mode=${2:-force_custom_plan} only=${3:-.}
# As src/server/database.rs sets them.
export PGOPTIONS="-c plan_cache_mode=$mode -c jit=off -c random_page_cost=1.1 -c max_parallel_workers_per_gather=0 -c synchronize_seqscans=off -c timezone=UTC"
ask() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$database" "$@"; }

b=$(ask -c "select id from users where email = 'b@example.org'")
me="{uuid|$b}"
columns='id, title, description, status, priority, due_date, due_time, position, version, updated_at, deleted_at, archived_at'
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

role=docket_app who=$b

# The value of the parameter that was just matched.
quoted() {
    local value=${BASH_REMATCH[2]//\'/\'\'}
    [[ ${BASH_REMATCH[1]} != *'[]' ]] || value="{$value}"
    # What is empty is none.
    if [[ -z $value ]]; then echo null; else echo "'$value'"; fi
}

# measure LABEL SQL: into $out/table and $out/plans.
measure() {
    local label=$1 sql=$2 types='' values='' count=0
    [[ $label =~ $only ]] || return 0
    while [[ $sql =~ \{([^|{}]+)\|([^{}]*)\} ]]; do
        count=$((count + 1))
        types+=", ${BASH_REMATCH[1]}"
        values+=", $(quoted)"
        sql=${sql/"${BASH_REMATCH[0]}"/"\$$count"}
    done
    [[ $count = 0 ]] || { types="(${types:2})" values="(${values:2})"; }
    local run="explain (analyze, buffers) execute q$values;"
    {
        echo "prepare q$types as $sql;"
        # What writes is taken back.
        for i in {1..30}; do printf 'begin;\n%s\nrollback;\n\\echo\n' "$run"; done
    } | PGOPTIONS="$PGOPTIONS -c plan_cache_mode=${plan:-$mode} -c role=$role -c docket.user_id=$who" ask -f - 2> "$out/notices" | awk -v RS= '
        match($0, /Execution Time: [0-9.]+/) { time = substr($0, RSTART + 16, RLENGTH - 16) + 0 }
        NR <= PART { next }
        best == "" || time < fastest { best = $0; fastest = time }
        END { print best }' PART=$([[ $mode = auto ]] && echo 7 || echo 2) > "$out/plan" || cat "$out/notices"
    local indexes buffers time
    indexes=$({ grep -oP '(?<=using |Index Scan on )\w+(?= on| \(|$)|(?<=Bitmap Index Scan on )\w+|Seq Scan on \w+' "$out/plan" || true; } | awk '!seen[$0]++' | paste -sd, | sed 's/,/, /g')
    buffers=$(grep -m1 -oP 'Buffers: shared \K.*' "$out/plan" | awk '{ for (i = 1; i <= NF; i++) if (match($i, /^(hit|read)=/)) n += substr($i, RLENGTH + 1) } END { print n + 0 }')
    time=$(grep -oP 'Execution Time: \K[0-9.]+' "$out/plan")
    echo "| $label | $indexes | $buffers | $time |" >> "$out/table"
    # A plan that another one says already.
    [[ -z ${known:-} ]] || { echo "$label: $time ms, $buffers buffers, $indexes" >&2; return 0; }
    mkdir -p "$out/plans"
    printf -- '-- %s\n%s  -- %s\n%s\n\n' "$label" "${sql//"$columns"/…}" "$values" \
        "$(grep -v '^Planning:\|^  Buffers: shared' "$out/plan")" | sed -E 's/^(.{600}).+/\1 …/' >> "$out/plans/$page"
    echo "$label: $time ms, $buffers buffers, $indexes" >&2
}

# count WHERE [ORDER]
count() { echo "select count(*) from (select from tasks$1${2:-} limit {bigint|10001}) as counted"; }
by_due=' order by due_order'

# rows WHERE EXPRESSION TYPE DIRECTION [PAGE]: a page, by default the first.
rows() {
    local where=$1 expression=$2 type=$3 direction=$4 page=${5:-1} place='' key
    local order="$expression $direction, id $direction" tuple="($expression, id)" from="tasks$where"
    if [[ $expression = id ]]; then
        order='id asc nulls first'
        [[ $direction = desc ]] && order='id desc nulls last'
    fi
    if ((page > 1)); then
        local than='>'
        [[ $direction = desc ]] && than='<'
        key=$(plain "select ($expression)::text || '|' || id from tasks$where order by $order offset $((page * 50 - 51)) limit 1")
        place=" and $tuple $than ({text|${key%|*}}::$type, {uuid|${key##*|}})"
        [[ $expression = id ]] && place=" and id $than {uuid|${key##*|}}"
    fi
    # Where the order doesn't lead to what is asked for, and there is little of it.
    [[ -z ${scattered:-} ]] || (($(plain "$(count "$where")") > 7000)) || from="(select $columns, due_order, priority_rank from tasks$where offset 0) as few where true"
    echo "select $columns, ($expression)::text as key from $from$place order by $order limit 51"
}

# Runs SQL with its parameters in place.
plain() {
    local sql=$1
    while [[ $sql =~ \{([^|{}]+)\|([^{}]*)\} ]]; do
        sql=${sql/"${BASH_REMATCH[0]}"/"$(quoted)::${BASH_REMATCH[1]}"}
    done
    ask -c "$sql"
}

# words TEXT: a tsquery, as Words::push writes it.
words() {
    local list=($1) sql='' i
    for i in "${!list[@]}"; do
        local word=${list[i]} prefix=''
        ((i == ${#list[@]} - 1 && ${#word} > 1)) && prefix=':*'
        sql+="${sql:+ && }(to_tsquery('simple', '''' || replace(replace(readable({text|$word}), '\\', '\\\\'), '''', '''''') || {text|'$prefix}) || plainto_tsquery('english', readable({text|$word})))"
    done
    echo "$sql"
}
owned() { echo "owned_words($me, ($(words "$1"))::text)::tsquery"; }
matching() { echo " and search @@ $(owned "$1")"; }

# both LABEL WHERE EXPRESSION TYPE DIRECTION [LAST]: page 1, and page 1,000 or the last one.
both() {
    local last=${6:-1000}
    measure "$1, page 1" "$(rows "$2" "$3" "$4" "$5")"
    ((last == 1)) || measure "$1, page $last" "$(rows "$2" "$3" "$4" "$5" "$last")"
}
title='title collate "und-x-icu"'
live=" where deleted_at is null and user_id = $me"
open="$live and not completed and not archived" completed="$live and completed and not archived" archived="$live and completed and archived"
active="$live and not archived"

page='1 -tasks'
plan=force_generic_plan
for direction in asc desc; do
    both "/tasks by position $direction" "$open" position text $direction
    both "/tasks by creation $direction" "$open" id uuid $direction
    both "/tasks by due date $direction" "$open" due_order timestamp $direction
    both "/tasks by priority $direction" "$open" priority_rank smallint $direction
    both "/tasks by title $direction" "$open" "$title" text $direction
    both "/tasks by change $direction" "$open" updated_at timestamptz $direction
done
measure "/tasks, count of open" "$(count "$open")"
measure "/tasks, count of completed" "$(count "$completed")"
plan=

filtered() { # LABEL WHERE [LAST]
    local order=
    [[ $1 != due* ]] || order=$by_due
    scattered=1 both "/tasks?$1" "$2" position text asc "${3:-1000}"
    measure "/tasks?$1, count" "$(count "$2" "$order")"
}
both "/tasks?status=completed" "$completed" position text asc 700
both "/tasks?status=in_progress" "$open and status_rank = {smallint|1}" position text asc 200
both "/tasks?status=pending" "$open and status_rank = {smallint|0}" position text asc
filtered priority=medium "$open and priority_rank = {smallint|1}"
filtered priority=urgent "$open and priority_rank = {smallint|3}" 1
due() { echo "$open${1:+ and due_order < 'infinity' and due_order >= {date|$1\}::timestamp}${2:+ and due_order < {date|$2\}::date + interval '1 day'}"; }
filtered 'due in one week' "$(due 2026-11-23 2026-11-29)" 200
filtered 'due on a late day' "$(due 2027-05-01 2027-05-01)" 1
filtered 'due in three months' "$(due 2026-10-01 2026-12-31)" 1000
filtered overdue "$open and not completed and due_order < {timestamp|2026-11-21 12:00}" 300
filtered 'due in one week&priority=urgent' "$(due 2026-11-23 2026-11-29) and priority_rank = {smallint|3}" 1
filtered 'due in one week&status=in_progress' "$(due 2026-11-23 2026-11-29) and not completed and status_rank = {smallint|1}" 20

both "/tasks?archived=true, the archived ones by position" "$archived" position text asc 300
both "/tasks?archived=true, the archived ones by title" "$archived" "$title" text asc 300
measure "/tasks?archived=true, count of archived" "$(count "$archived")"
filtered 'archived=true&priority=high, the archived ones' "$archived and priority_rank = {smallint|2}" 50
measure "whether there are archived ones" "select exists (select from tasks$archived)"

page='3 -today'
plan=force_generic_plan
both /today "$(due '' 2026-11-21)" due_order timestamp asc 400
measure "/today, count" "$(count "$(due '' 2026-11-21)" "$by_due")"
page='4 -upcoming'
both /upcoming "$(due 2026-11-22 2026-12-22)" due_order timestamp asc
measure "/upcoming, count" "$(count "$(due 2026-11-22 2026-12-22)" "$by_due")"
plan=

page='5 -board'
measure "/board, pending" "$(rows "$open and status_rank = {smallint|0}" position text asc)"
measure "/board, pending, count" "$(count "$open and status_rank = {smallint|0}")"
measure "/board, in progress" "$(rows "$open and status_rank = {smallint|1}" position text asc)"
measure "/board, in progress, count" "$(count "$open and status_rank = {smallint|1}")"
measure "/board, completed" "$(rows "$completed" position text asc)"
measure "/board, completed, count" "$(count "$completed")"

page='6 -trash'
trash=" where deleted_at is not null and user_id = $me"
trash_page() { rows "$trash" deleted_at timestamptz desc "$1"; }
measure "/trash, page 1" "$(trash_page 1)"
measure "/trash, page 1000" "$(trash_page 1000)"
measure "/trash, count" "$(count "$trash")"

page='2 -tasks, a search'
# matches QUERY [DONE [ARCHIVED [KEY [MOST [SIGNS]]]]]: what a search finds.
matches() { echo "found_tasks($1, {text|${6:-}}, {boolean|${2:-}}, {boolean|${3:-}}, {smallint|}, {smallint|}, {date|}, {date|}, {boolean|}, {timestamp|}, {text|${4:-}}, {bigint|${5:-}})"; }
ranked() { # QUERY [ARCHIVED [SIGNS]]
    echo "select $columns, page.key::text from (select id, rank as key from $(matches "$1" '' "${2-false}" relevance 5000 "${3:-}") where true order by rank desc, id desc limit 51) as page join tasks using (id) where user_id = $me order by page.key desc, id desc"
}
counted() { echo "select count(*) from $(matches "$1" '' "${2-false}" '' 10001 "${3:-}")"; }
titled() { # TEXT DIRECTION
    if (($(plain "set role docket_app; set docket.user_id = '$b'; $(counted "$(owned "$1")")") > 10000)); then
        rows "$open$(matching "$1")" "$title" text "$2"
    else
        echo "select $columns, page.key::text from (select id, $title as key from $(matches "$(owned "$1")" false false title 10000) where true order by $title $2, id $2 limit 51) as page join tasks using (id) where user_id = $me order by page.key $2, id $2"
    fi
}
found() { # TEXT SIZE
    local ids options
    ids="$(plain "select array_to_string(array_agg(id), ',') from (select id from tasks$active$(matching "$1") limit $2) as counted")"
    headline() { echo "ts_headline('$1', $2, words, 'StartSel=, StopSel=, $3')"; }
    local in_body='MaxFragments=1, MinWords=8, MaxWords=24'
    echo "select $(headline simple title HighlightAll=true), $(headline english title HighlightAll=true), $(headline simple "coalesce(description, '')" "$in_body"), $(headline english "coalesce(description, '')" "$in_body") from tasks, (select $(words "$1") as words) as query where user_id = $me and id = any({uuid[]|$ids}) order by array_position({uuid[]|$ids}, id)"
}
search() { # LABEL TEXT
    measure "/tasks?q=$2 ($1), by rank" "$(ranked "$(owned "$2")")"
    measure "/tasks?q=$2 ($1), by title" "$(titled "$2" asc)"
    measure "/tasks?q=$2 ($1), count" "$(counted "$(owned "$2")")"
}
search 'rare' zeppelin
search 'nobody has it' xyzzy
search 'common' grocery
search 'in nearly all' task
search 'while typing, 2 letters' ta
search 'while typing, 2 letters' gr
search 'two words' 'budget meeting'
search 'two words, being typed' 'task re'
search 'stemmed' walks
search 'stop word' the
measure "/tasks?q=idea (all at the end of the order), by title" "$(titled idea desc)"
measure "/tasks?q=task, what was found, 50 tasks" "$(found task 50)"
measure "/tasks?q=task re, what was found, 200 tasks" "$(found 'task re' 200)"
signs="owned_words($me, {text|'🎉'})::tsquery"
measure "/tasks?q=🎉 (no word)" "$(ranked "$signs" false 🎉)"
measure "/tasks?q=🎉 (no word), count" "$(counted "$signs" false 🎉)"

for text in zeppelin grocery the; do
    measure "/tasks?q=$text&archived=true, by rank" "$(ranked "$(owned "$text")" '')"
    measure "/tasks?q=$text&archived=true, count" "$(counted "$(owned "$text")" '')"
done

page='7 -tasks, one task, and changes'
task=$(plain "select id from tasks$open order by id offset 1000 limit 1")
measure "/tasks/{id}, the task" "select $columns from tasks where user_id = $me and id = any({uuid[]|$task}) order by array_position({uuid[]|$task}, id)"
measure "/tasks/{id}, history" "select log.id, users.name, action, old_values, new_values, log.created_at from audit_logs log left join users on users.id = log.user_id where entity_id = {text|$task} and entity_type = 'task' and log.id < {bigint|9223372036854775807} order by log.id desc limit {bigint|21}"
change='{uuid|cccccccc-0000-7000-8000-000000000001}'
measure "undo, what a change changed" "select distinct entity_id::uuid from audit_logs where user_id = $me and change_id = $change and entity_type = 'task'"
measure "undo, what a change was" "with log as materialized (select entity_id::uuid as task, action from audit_logs where user_id = $me and change_id = $change and entity_type = 'task') select count(distinct task), min(action), min(title) from log join tasks on tasks.id = task and tasks.user_id = $me having count(*) > 0"
place=$(plain "select position from tasks$open order by position offset 50000 limit 1")
neighbour="select position from tasks where user_id = $me and deleted_at is null and completed = {boolean|false} and archived = {boolean|false} and id <> {uuid|$task} and position"
plan=force_generic_plan measure "move, neighbour below" "$neighbour > {text|$place} order by position, id limit 1"
plan=force_generic_plan measure "move, neighbour above" "$neighbour < {text|$place} order by position desc, id desc limit 1"
page='8 Lists of programs'
# flat FILTER EXPRESSION TYPE DIRECTION [OFFSET [KEY ID]]: what list.rs makes of open, completed and archived tasks; behind a place in the order. With
# `whole` all of a row and the total in one statement, as it does unless a filter scatters, or something is left out.
flat() {
    local filter=$1 expression=$2 type=$3 direction=$4 offset=${5:-0} place='' parts='' part limit=51
    ((offset == 0)) || limit="{bigint|$((offset + 51))}"
    local order="$expression $direction, id $direction" merged="key $direction, id $direction" than='>'
    [[ $direction = desc ]] && than='<'
    if [[ $expression = id ]]; then
        order='id asc nulls first'
        [[ $direction = desc ]] && order='id desc nulls last'
        merged=$order
    fi
    if [[ -n ${7:-} ]]; then
        place=" and ($expression, id) $than ({text|$6}::$type, {uuid|$7})"
        [[ $expression = id ]] && place=" and id $than {uuid|$7}"
    fi
    local wanted=("not completed and not archived" "completed and not archived" "completed and archived")
    [[ -z ${only_open:-} ]] || wanted=("${wanted[0]}")
    for part in "${wanted[@]}"; do
        local from="tasks where deleted_at is null and user_id = $me and $part$filter"
        [[ -z ${few:-} ]] || from="(select id, title, position, due_order, priority_rank, updated_at from $from offset 0) as few where true"
        local taken="id, $expression as key"
        [[ -z ${whole:-} ]] || taken="$columns, created_at, completed_at, $expression as sort_key"
        parts+="${parts:+ union all }(select $taken from $from$place order by $order limit $limit)"
    done
    if [[ -n ${whole:-} ]]; then
        echo "select $columns, created_at, completed_at, sort_key::text as key, ($(all "$filter")) as total from ($parts) as parts order by ${merged/#key/sort_key} limit 51"
        return
    fi
    wrapped "$parts" "$merged" "$offset"
}
wrapped() { # PARTS ORDER OFFSET [TOTAL]
    local of_page=$2
    [[ $2 = id* ]] || of_page="page.$2"
    echo "select $columns, created_at, completed_at, page.key::text${4:-} from (select id, key from ($1) as parts order by $2 limit $( (($3 == 0)) && echo 51 || echo '{bigint|51}') offset {bigint|$3}) as page join tasks using (id) where user_id = $me order by $of_page"
}
behind() { # EXPRESSION DIRECTION ROWS: the place that so many rows end at.
    plain "select ($1)::text || '|' || id from tasks where deleted_at is null and user_id = $me order by $1 $2, id $2 offset $(($3 - 1)) limit 1"
}
flat_pages() { # LABEL EXPRESSION TYPE DIRECTION [LAST]
    local last=${5:-1000} key whole=1 plan=force_generic_plan
    measure "$1, page 1" "$(flat '' "$2" "$3" "$4")"
    key=$(behind "$2" "$4" $((last * 50 - 50)))
    measure "$1, page $last" "$(flat '' "$2" "$3" "$4" 0 "${key%|*}" "${key##*|}")"
}
all() { echo "select count(*) from tasks where deleted_at is null and user_id = $me$1"; }
found_at() { # WORDS EXPRESSION DIRECTION KEY: few matches, sorted and counted.
    local order="key $3, id $3" own="$2 $3, id $3"
    [[ $2 = id ]] && order='id desc nulls last' own=$order
    echo "with found as materialized (select * from $(matches "$1" '' '' "$4" 10001)) $(wrapped "(select id, $2 as key from found where true order by $own limit 51)" "$order" 0 ', (select count(*) from found) as total')"
}
own_log="select id, action, entity_type, entity_id, old_values, new_values, created_at from ((select * from audit_logs where user_id = ME and id < BEFORE order by id desc limit {bigint|51}) union all (select * from audit_logs where entity_id = ENTITY and entity_type = 'account' and user_id is distinct from ME and id < BEFORE order by id desc limit {bigint|51})) as halves order by id desc limit {bigint|51}"
log_page() { # BEFORE
    local sql=${own_log//ENTITY/"{text|$who}"}
    sql=${sql//ME/"$me"}
    echo "${sql//BEFORE/"{bigint|$1}"}"
}
for direction in desc asc; do
    [[ $direction = desc ]] || known=1
    flat_pages "/api/v1/tasks by creation $direction" id uuid $direction
    known=1
    flat_pages "/api/v1/tasks by due date $direction" due_order timestamp $direction
    flat_pages "/api/v1/tasks by priority $direction" priority_rank smallint $direction
    known='' flat_pages "/api/v1/tasks by title $direction" "$title" text $direction
    flat_pages "/api/v1/tasks by change $direction" updated_at timestamptz $direction
    flat_pages "/api/v1/tasks by position $direction" position text $direction
done
known=''
measure "/api/v1/tasks, total" "$(all '')"
known=1 measure "/api/v1/tasks?offset=100000 by creation" "$(flat '' id uuid desc 100000)"
measure "/api/v1/tasks?offset=100000 by title" "$(flat '' "$title" text desc 100000)"
urgent=' and priority_rank = {smallint|3}'
in_time=" and (due_order >= {timestamp|2026-11-21 12:00})"
measure "/api/v1/tasks?priority=urgent, by creation" "$(few=1 flat "$urgent" id uuid desc)"
measure "/api/v1/tasks?priority=urgent, total" "$(all "$urgent")"
measure "/api/v1/tasks?overdue=false&completed=false, by creation" "$(only_open=1 flat "$in_time" id uuid desc)"
measure "/api/v1/tasks?overdue=false, total" "$(all ' and (completed or due_order >= {timestamp|2026-11-21 12:00})')"
for text in zeppelin task the; do
    measure "/api/v1/tasks?q=$text, by creation, with the total of up to 10,000" "$(found_at "$(owned $text)" id desc created_at)"
    [[ $text != zeppelin ]] || continue
    measure "/api/v1/tasks?q=$text, total" "select count(*) from $(matches "$(owned $text)")"
    measure "/api/v1/tasks?q=$text, by creation" "$(flat "$(matching $text)" id uuid desc)"
done
measure "/api/v1/tasks/{id}/history, whether it is there" "select exists (select from tasks where id = {uuid|$task} and user_id = $me and deleted_at is null)"
measure "/api/v1/tasks/{id}/history" "select id, action, entity_type, entity_id, old_values, new_values, created_at from audit_logs where entity_id = {text|$task} and entity_type = 'task' and id < {bigint|9223372036854775807} order by id desc limit {bigint|51}"
oldest=$(plain "select id from audit_logs where user_id = $me order by id offset 100 limit 1")
measure "/api/v1/me/audit, page 1" "$(log_page 9223372036854775807)"
measure "/api/v1/me/audit, page 6000" "$(log_page "$oldest")"

# The same for somebody with 200 tasks.
known=1
who=$(ask -c "select user_id from tasks where deleted_at is null group by 1 order by abs(count(*) - 200), 1 limit 1")
me="{uuid|$who}"
flat_pages "200 tasks, /api/v1/tasks by creation desc" id uuid desc 4
flat_pages "200 tasks, /api/v1/tasks by title asc" "$title" text asc 4
flat_pages "200 tasks, /api/v1/tasks by change asc" updated_at timestamptz asc 4
measure "200 tasks, /api/v1/tasks, total" "$(all '')"
measure "200 tasks, /api/v1/tasks?priority=urgent, by creation" "$(few=1 flat "$urgent" id uuid desc)"
measure "200 tasks, /api/v1/tasks?q=task, by creation, with the total" "$(found_at "$(owned task)" id desc created_at)"
measure "200 tasks, /api/v1/me/audit" "$(log_page 9223372036854775807)"
known='' who=$b me="{uuid|$b}"

page='9 Jobs'
role=docket_jobs who=
measure "trash job, a batch of 500" "delete from tasks where id in (select id from tasks where deleted_at < {timestamptz|2026-10-22} order by deleted_at limit {bigint|500} for update skip locked)"
measure "archive job, a batch of 500" "update tasks set archived_at = {timestamptz|2027-02-21} where id in (select id from tasks where deleted_at is null and archived_at is null and completed_at < {timestamptz|2026-02-21} order by completed_at limit {bigint|500} for update skip locked)"

printf '| query | indexes | buffers | ms |\n| --- | --- | ---: | ---: |\n'
awk -F ' [|] ' -v OFS=' | ' '
    function flush() { if (row) print row; row = "" }
    {
        label = $1; sub(/, page [0-9]+$/, "", label)
        if (row && label == held) {
            number = $1; sub(/.* page /, "", number)
            sub(/ [|]$/, "", $4)
            print label ", pages 1 and " number, indexes ($2 == indexes ? "" : "; " $2), buffers " / " $3, ms " / " $4 " |"
            row = ""; next
        }
        flush(); row = $0; held = label; indexes = $2; buffers = $3; ms = $4; sub(/ [|]$/, "", ms)
    }
    END { flush() }' "$out/table"
for page in "$out"/plans/*; do printf '\n<details><summary>%s</summary>\n\n```sql\n%s\n```\n\n</details>\n' "$(basename "$page" | sed 's/^[0-9]* //; s/^-/\//')" "$(cat "$page")"; done
