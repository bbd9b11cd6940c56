use docket::server::migrations::{self, Step, Target};
use sqlx::{PgPool, postgres::PgConnectOptions};

use crate::support::{LOGIN, cluster, empty_database, owner};

/// An empty database: for its owner, and as a superuser sees it.
async fn fresh() -> (PgConnectOptions, PgPool) {
    let options = cluster().await.options(&empty_database().await);
    (owner(&options), PgPool::connect_with(options).await.unwrap())
}

async fn up(owner: &PgConnectOptions) {
    migrations::up(owner, LOGIN).await.unwrap();
}

async fn status(pool: &PgPool) -> Vec<Step> {
    migrations::status(&mut pool.acquire().await.unwrap()).await.unwrap()
}

async fn tables(pool: &PgPool) -> Vec<String> {
    let names = "select relname::text from pg_class where relnamespace = 'public'::regnamespace
                 union select typname from pg_type where typnamespace = 'public'::regnamespace
                 union select proname from pg_proc where pronamespace = 'public'::regnamespace order by 1";
    let mut names: Vec<String> = sqlx::query_scalar(names).fetch_all(pool).await.unwrap();
    names.retain(|name| !name.contains("_sqlx_migrations"));
    names
}

#[tokio::test]
async fn down_to_nothing_leaves_nothing_and_up_again_works() {
    let (options, pool) = fresh().await;
    let before = tables(&pool).await;
    up(&options).await;
    let after = tables(&pool).await;
    assert!(after.len() > before.len());
    migrations::down(&options, Target::Nothing).await.unwrap();
    assert_eq!(tables(&pool).await, before);
    up(&options).await;
    assert_eq!(tables(&pool).await, after);
}

#[tokio::test]
async fn each_step_can_be_undone_by_itself_and_status_shows_where_it_is() {
    let (options, pool) = fresh().await;
    let steps = status(&pool).await;
    assert!(steps.iter().all(|step| !step.applied) && steps.len() >= 2);
    up(&options).await;
    for left in (0..steps.len()).rev() {
        migrations::down(&options, Target::Previous).await.unwrap();
        let applied = status(&pool).await.iter().filter(|step| step.applied).count();
        assert_eq!(applied, left);
    }
    migrations::down(&options, Target::Previous).await.unwrap();
    up(&options).await;
    migrations::down(&options, Target::Version(steps[0].version)).await.unwrap();
    assert_eq!(migrations::missing(&mut pool.acquire().await.unwrap()).await.unwrap(), steps.len() - 1);
}

#[tokio::test]
async fn the_database_itself_refuses_what_the_rules_refuse() {
    let (options, pool) = fresh().await;
    up(&options).await;
    let user = "insert into users (id, email, name) values (gen_random_uuid(), 'ada@example.org', 'Ada')";
    sqlx::query(user).execute(&pool).await.unwrap();
    let owner = "select gen_random_uuid(), id";
    let place = "repeat('a', 24)";
    let with = |column: &str, value: &str| {
        format!("insert into tasks (id, user_id, title, position, {column}) {owner}, 'x', {place}, {value} from users")
    };
    let at = |place: &str| format!("insert into tasks (id, user_id, title, position) {owner}, 'x', {place} from users");
    for (what, statement) in [
        ("the address in another case", user.replace("ada@", "ADA@")),
        ("no address", user.replace("ada@", "")),
        ("a blank name", user.replace("'Ada'", "' '").replace("ada@", "b@")),
        (
            "a blank title",
            format!("insert into tasks (id, user_id, title, position) {owner}, '  ', {place} from users"),
        ),
        (
            "a long title",
            format!("insert into tasks (id, user_id, title, position) {owner}, repeat('x', 201), {place} from users"),
        ),
        (
            "a long description",
            format!(
                "insert into tasks (id, user_id, title, position, description) {owner}, 'x', {place}, repeat('x', 1001) from users"
            ),
        ),
        (
            "done without a time",
            format!(
                "insert into tasks (id, user_id, title, position, status) {owner}, 'x', {place}, 'completed' from users"
            ),
        ),
        (
            "nobody's task",
            format!(
                "insert into tasks (id, user_id, title, position) select gen_random_uuid(), gen_random_uuid(), 'x', {place}"
            ),
        ),
        ("not done with a time", with("completed_at", "now()")),
        ("a time without a date", with("due_time", "'10:00'")),
        ("a date beyond four digits", with("due_date", "'10000-01-01'")),
        ("a date before the first", with("due_date", "'0001-01-01 BC'")),
        ("an endless date", with("due_date", "'infinity'")),
        ("a priority that isn't one", with("priority", "'very'")),
        ("no priority", with("priority", "null")),
        ("a status that isn't one", with("status", "'done'")),
        ("a version before the first", with("version", "0")),
        ("no version", with("version", "null")),
        ("completed by itself", with("completed", "true")),
        ("an order of its own", with("due_order", "now()")),
        ("no position", at("null")),
        ("a short position", at("repeat('a', 23)")),
        ("a position of other letters", at("repeat('g', 24)")),
        ("a position in capitals", at("repeat('A', 24)")),
        ("a fraction with a zero at the end", at("repeat('a', 24) || '10'")),
        ("a position beyond the longest", at("repeat('a', 1001)")),
        ("a blank description", with("description", "'  '")),
    ] {
        assert!(sqlx::query(&statement).execute(&pool).await.is_err(), "took {what}");
    }
    for statement in [at(place), at("repeat('0', 24)"), at("repeat('a', 24) || '01'"), with("due_date", "'9999-12-31'")]
    {
        sqlx::query(&statement).execute(&pool).await.unwrap();
    }
    for statement in
        ["update tasks set completed = true", "update tasks set due_time = '10:00'", "update tasks set position = ''"]
    {
        assert!(sqlx::query(statement).execute(&pool).await.is_err(), "took {statement}");
    }
    let done = "update tasks set status = 'completed', completed_at = now() returning completed";
    assert!(sqlx::query_scalar::<_, bool>(done).fetch_one(&pool).await.unwrap());
    sqlx::query("delete from users").execute(&pool).await.unwrap();
    let (left,): (i64,) = sqlx::query_as("select count(*) from tasks").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0, "tasks outlive their owner");
}

#[tokio::test]
async fn the_database_itself_refuses_tokens_and_keys_that_are_none() {
    let (options, pool) = fresh().await;
    up(&options).await;
    let user = "insert into users (id, email, name) values (gen_random_uuid(), 'ada@example.org', 'Ada')";
    sqlx::query(user).execute(&pool).await.unwrap();
    let token = |column: &str, value: &str| {
        let good = "select gen_random_uuid(), id, 'backup', sha256('x'), 'abcd', '{tasks:read}'::text[], session_epoch, null::timestamptz from users";
        let (columns, good) = ("id, user_id, name, token_hash, hint, scopes, epoch, expires_at", format!("({good})"));
        let names = columns.replace(column, value);
        format!("insert into api_tokens ({columns}) select {names} from {good} as good ({columns})")
    };
    let key = |kid: &str, public: &str, until: &str| {
        format!(
            "insert into signing_keys (kid, public_key, created_at, expires_at) values ({kid}, {public}, now(), {until})"
        )
    };
    let (kid, public, until) = ("repeat('a', 43)", "sha256('x')", "now() + interval '1 day'");
    for (what, statement) in [
        ("a token without a name", token("name", "' '")),
        ("a token of a long name", token("name", "repeat('x', 101)")),
        ("a token itself for its hash", token("token_hash", "'dkt_0123'::bytea")),
        ("more of a token than a hint", token("hint", "'abcde'")),
        ("a token that may nothing", token("scopes", "'{}'")),
        ("a token that may change the account", token("scopes", "'{account:write}'")),
        ("a token that may nothing known", token("scopes", "'{null}'")),
        ("a token that is over as it begins", token("expires_at", "now()")),
        ("nobody's token", token("user_id", "gen_random_uuid()")),
        ("a token without an epoch", token("epoch", "null")),
        ("a key of another size", key(kid, "'x'", until)),
        ("a key of an odd name", key("repeat('/', 43)", public, until)),
        ("a key that is over as it begins", key(kid, public, "now()")),
    ] {
        assert!(sqlx::query(&statement).execute(&pool).await.is_err(), "took {what}");
    }
    for statement in [token("expires_at", "now() + interval '1 second'"), key(kid, public, until)] {
        sqlx::query(&statement).execute(&pool).await.unwrap();
    }
    // A token leads to one person.
    assert!(sqlx::query(&token("name", "'another'")).execute(&pool).await.is_err());
}

#[tokio::test]
async fn updated_at_follows_every_change() {
    let (options, pool) = fresh().await;
    up(&options).await;
    sqlx::query(
        "insert into users (id, email, name, updated_at) values (gen_random_uuid(), 'a@b.c', 'Ada', '2000-01-01')",
    )
    .execute(&pool)
    .await
    .unwrap();
    sqlx::query("update users set name = 'Grace'").execute(&pool).await.unwrap();
    let (fresh,): (bool,) =
        sqlx::query_as("select updated_at > '2000-01-02' from users").fetch_one(&pool).await.unwrap();
    assert!(fresh);
}

#[tokio::test]
async fn what_was_done_can_not_be_rewritten() {
    let (options, pool) = fresh().await;
    up(&options).await;
    sqlx::raw_sql(
        "insert into users (id, email, name) values (gen_random_uuid(), 'a@b.c', 'Ada');
         insert into tasks (id, user_id, title, position) select gen_random_uuid(), id, 'x', repeat('a', 24) from users",
    )
    .execute(&pool)
    .await
    .unwrap();
    let lines = "select to_jsonb(audit_logs)::text from audit_logs order by id";
    let before: Vec<String> = sqlx::query_scalar(lines).fetch_all(&pool).await.unwrap();
    assert_eq!(before.len(), 1);
    for statement in [
        "update audit_logs set action = 'edit'",
        "update audit_logs set id = default",
        "delete from audit_logs",
        "truncate audit_logs",
        "truncate audit_logs cascade",
    ] {
        let refused = sqlx::query(statement).execute(&pool).await.unwrap_err();
        assert!(refused.to_string().contains("audit_logs only grows"), "{statement}: {refused}");
    }
    // It outlives the task and the account.
    sqlx::query("delete from users").execute(&pool).await.unwrap();
    let after: Vec<String> = sqlx::query_scalar(lines).fetch_all(&pool).await.unwrap();
    assert_eq!(after[0], before[0]);
    assert_eq!(after.len(), 2);
}

#[tokio::test]
async fn the_version_counts_every_change_and_nothing_else() {
    let (options, pool) = fresh().await;
    up(&options).await;
    sqlx::raw_sql(
        "insert into users (id, email, name) values (gen_random_uuid(), 'a@b.c', 'Ada');
         insert into tasks (id, user_id, title, position, updated_at)
         select gen_random_uuid(), id, 'x', repeat('a', 24), '2000-01-01' from users",
    )
    .execute(&pool)
    .await
    .unwrap();
    let version = "select version, updated_at > '2000-01-02' from tasks";
    sqlx::query("update tasks set title = 'x', priority = 'medium', deleted_at = null").execute(&pool).await.unwrap();
    assert_eq!(sqlx::query_as::<_, (i64, bool)>(version).fetch_one(&pool).await.unwrap(), (1, false));
    for (count, change) in [
        "title = 'y'",
        "description = 'd'",
        "status = 'in_progress'",
        "status = 'completed', completed_at = now()",
        "priority = 'low'",
        "due_date = '2026-11-20'",
        "due_time = '10:00'",
        "position = repeat('b', 24)",
        "deleted_at = now()",
        "archived_at = now()",
        "version = 1, title = 'z'",
    ]
    .iter()
    .enumerate()
    {
        sqlx::query(&format!("update tasks set {change}")).execute(&pool).await.unwrap();
        let expected = (i64::try_from(count).unwrap() + 2, true);
        assert_eq!(sqlx::query_as::<_, (i64, bool)>(version).fetch_one(&pool).await.unwrap(), expected, "{change}");
    }
}

#[tokio::test]
async fn going_back_before_the_whole_task_keeps_every_task_and_coming_again_orders_them_as_they_were() {
    const BEFORE: i64 = 20_261_121_100_100;
    let (options, pool) = fresh().await;
    up(&options).await;
    migrations::down(&options, Target::Version(BEFORE)).await.unwrap();
    sqlx::raw_sql(
        "insert into users (id, email, name) values (gen_random_uuid(), 'a@b.c', 'Ada');
         insert into tasks (id, user_id, title, description, status, completed_at, deleted_at)
         select ('0190000' || n || '-0000-7000-8000-000000000000')::uuid, id, 'task ' || n, 'text',
                (case n when 3 then 'completed' else 'pending' end)::task_status, case n when 3 then now() end,
                case n when 5 then now() end
         from users, generate_series(1, 9) as n",
    )
    .execute(&pool)
    .await
    .unwrap();
    let columns =
        "id, user_id, title, description, status, completed, completed_at, created_at, updated_at, deleted_at";
    let rows = format!("select jsonb_agg(to_jsonb(kept) order by id)::text from (select {columns} from tasks) as kept");
    let before: String = sqlx::query_scalar(&rows).fetch_one(&pool).await.unwrap();
    up(&options).await;
    assert_eq!(sqlx::query_scalar::<_, String>(&rows).fetch_one(&pool).await.unwrap(), before);
    // Newest first, as they stood before they could be moved.
    let order = "select string_agg(title, ' ' order by position) = string_agg(title, ' ' order by id desc) from tasks";
    assert!(sqlx::query_scalar::<_, bool>(order).fetch_one(&pool).await.unwrap());
    let kept = "select bool_and(priority = 'medium' and due_date is null and version = 1 and search @@ owned_words(user_id, ' ''task''')::tsquery) from tasks";
    assert!(sqlx::query_scalar::<_, bool>(kept).fetch_one(&pool).await.unwrap());
    migrations::down(&options, Target::Version(BEFORE)).await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, String>(&rows).fetch_one(&pool).await.unwrap(), before);
    up(&options).await;
    assert_eq!(sqlx::query_scalar::<_, String>(&rows).fetch_one(&pool).await.unwrap(), before);
}

/// Something in every table. A new table is filled here.
const FULL: &str = "
    insert into users (id, email, name, image, password_hash)
    select gen_random_uuid(), n || '@example.org', 'name ' || n, '/pictures/' || repeat(n::text, 64), 'hash' from generate_series(1, 3) as n;
    insert into sessions (id, data, expiry_date, user_id, ip_address) select md5(name), 'data', now(), id, '10.0.0.1' from users;
    insert into pictures (user_id, bytes, content_type, hash) select id, 'x', 'image/webp', repeat('1', 64) from users;
    insert into login_delays (key, failures, failed_at, wait_until) values ('k', 7, now(), now());
    insert into idempotency_keys (user_id, key_hash, fingerprint, answer, created_at)
    select id, sha256('key'), sha256('request'), '{}', now() from users;
    insert into verifications (id, user_id, purpose, email) select gen_random_uuid(), id, 'verify', email from users;
    insert into outbox (id, user_id, verification_id, recipient, letter, next_try_at)
    select gen_random_uuid(), user_id, id, email, '{}', now() from verifications;
    insert into tasks (id, user_id, title, description, position, priority, due_date, due_time, deleted_at)
    select gen_random_uuid(), users.id, 'task ' || n, 'text', repeat('a', 24), 'high', '2026-11-20', '10:00', case n when 3 then now() end
    from users, generate_series(1, 4) as n;
    update tasks set status = 'completed', completed_at = now() where title = 'task 2';
    update tasks set archived_at = now() where title = 'task 2' and user_id = (select id from users where name = 'name 1');
    insert into jobs (name, started_at, node) values ('trash', now(), 'here:3000');
    insert into api_tokens (id, user_id, name, token_hash, hint, scopes, epoch, expires_at, last_used_at)
    select gen_random_uuid(), id, name, sha256(convert_to(name, 'UTF8')), 'abcd', '{tasks:read}', session_epoch, 'infinity', now() from users;
    insert into signing_keys (kid, public_key, created_at, expires_at) values (repeat('a', 43), sha256('x'), now(), 'infinity');
    insert into passkeys (id, user_id, name, credential_id, credential, last_used_at)
    select gen_random_uuid(), id, name, sha256(convert_to(name, 'UTF8')), '{}', now() from users;
    insert into totp_secrets (user_id, secret, confirmed_at, last_step) select id, 'sealed', now(), 7 from users;
    insert into backup_codes (user_id, mark) select id, sha256('code') from users;
    insert into accounts (id, user_id, provider, provider_account_id, access_token, refresh_token, expires_at)
    select gen_random_uuid(), id, 'acme', name, 'sealed', 'sealed', now() from users;
    insert into restore_drills (file_hash, rows) values (sha256('x'), 1)";

/// What is in the tables, by table and column; a column as one digest of all its values in the order of the rows' keys.
async fn contents(pool: &PgPool) -> std::collections::BTreeMap<(String, String), String> {
    let columns: Vec<(String, String, String)> = sqlx::query_as(
        "select relname::text, attname::text,
             (select string_agg(quote_ident(k.attname) || '::text', ', ') from pg_index, unnest(indkey) as part, pg_attribute k
              where indrelid = c.oid and indisprimary and k.attrelid = c.oid and k.attnum = part)
         from pg_class c join pg_attribute a on attrelid = c.oid
         where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> '_sqlx_migrations' and attnum > 0 and not attisdropped and attgenerated = ''",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut contents = std::collections::BTreeMap::new();
    for (table, column, key) in columns {
        let query = format!(
            "select count(*) || ' ' || coalesce(md5(string_agg(coalesce({column}::text, 'null'), ',' order by {key})), '') from {table}"
        );
        contents.insert((table, column), sqlx::query_scalar(&query).fetch_one(pool).await.unwrap());
    }
    contents
}

#[tokio::test]
async fn each_step_down_and_up_keeps_what_can_be_kept_and_says_what_not() {
    let (options, pool) = fresh().await;
    up(&options).await;
    sqlx::raw_sql(FULL).execute(&pool).await.unwrap();
    // As the job does, until it has waited for whoever else writes.
    while sqlx::query_scalar::<_, i64>("select seal_audit()").fetch_one(&pool).await.unwrap() == 0 {}
    let mut before = contents(&pool).await;
    for ((table, _), digest) in &before {
        assert!(!digest.starts_with("0 "), "{table} is empty: put something into it in FULL");
    }
    // What a step takes along, and says: of accounts without their pictures.
    let changed = |version: i64, table: &str, column: &str| {
        (version, table) == (20_261_121_410_000, "users") && ["image", "updated_at"].contains(&column)
    };
    for step in status(&pool).await.into_iter().rev() {
        let undone = migrations::down(&options, Target::Previous).await.unwrap();
        assert_eq!(undone.len(), 1);
        assert_eq!(undone[0].version, step.version);
        assert!(
            undone[0].lost.ends_with('.'),
            "the down file of {} does not begin with what is lost: {undone:?}",
            step.version
        );
        let after = contents(&pool).await;
        let said = undone[0].lost.to_lowercase();
        for ((table, column), digest) in &before {
            match after.get(&(table.clone(), column.clone())) {
                Some(left) => {
                    assert!(
                        left == digest || changed(step.version, table, column),
                        "{}: {table}.{column}",
                        step.version
                    );
                }
                None => {
                    assert!(!said.starts_with("no"), "{}: {table}.{column} is gone, and it says: {said}", step.version);
                }
            }
        }
        // Up again and down once more: what was left is still there each time.
        migrations_up_to(&options, step.version).await;
        let again = contents(&pool).await;
        for (place, digest) in &after {
            assert_eq!(again.get(place), Some(digest), "{}, up again: {place:?}", step.version);
        }
        migrations::down(&options, Target::Previous).await.unwrap();
        let last = contents(&pool).await;
        assert_eq!(last, after, "{}, down again", step.version);
        before = last;
    }
    assert!(before.is_empty());
}

/// Applies one step: all there are, and those that are newer undone again.
async fn migrations_up_to(options: &PgConnectOptions, version: i64) {
    up(options).await;
    migrations::down(options, Target::Version(version)).await.unwrap();
}
