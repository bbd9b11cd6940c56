//! Whether the database keeps people apart, and the application can do no more than it needs.

use sqlx::PgConnection;

use super::Verdict;

/// The roles that the application acts as.
const ACTING: &str =
    "array(select oid from pg_roles where rolname in ('docket_app', 'docket_sign_in', 'docket_admin', 'docket_jobs'))";

/// Whether every table about people has row-level security, forced, and a policy for whatever a role of the application may do with it.
pub async fn policies(db: &mut PgConnection) -> Result<Verdict, sqlx::Error> {
    // A table is about people if it has a user_id, or if references lead from it to users.
    let linked = "with recursive linked (id) as (
            select to_regclass('public.users')::oid
            union select attrelid from pg_attribute join pg_class on pg_class.oid = attrelid
                where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attname = 'user_id' and not attisdropped
            union select conrelid from pg_constraint join linked on confrelid = linked.id where contype = 'f'
        )";
    let tables: Vec<(String, bool, bool)> = sqlx::query_as(&format!(
        "{linked} select relname::text, relrowsecurity, relforcerowsecurity from pg_class join linked on id = oid order by 1"
    ))
    .fetch_all(&mut *db)
    .await?;
    let mut wrong = Vec::new();
    for (table, on, forced) in &tables {
        if !on {
            wrong.push(format!("it is off for {table}: `alter table {table} enable row level security`, and find out who turned it off."));
        } else if !forced {
            wrong.push(format!("it is not forced for {table}: `alter table {table} force row level security`."));
        }
    }
    let open: Vec<(String, String, String)> = sqlx::query_as(&format!(
        "{linked} select relname::text, rolname::text, lower(command)
         from pg_class join linked on linked.id = pg_class.oid, pg_roles,
             (values ('SELECT', 'r'), ('INSERT', 'a'), ('UPDATE', 'w'), ('DELETE', 'd')) as commands (command, letter)
         where pg_roles.oid = any({ACTING})
             and case command when 'DELETE' then has_table_privilege(pg_roles.oid, pg_class.oid, command)
                              else has_any_column_privilege(pg_roles.oid, pg_class.oid, command) end
             and not exists (select from pg_policy where polrelid = pg_class.oid and polpermissive and polcmd::text in ('*', letter)
                             and (0 = any(polroles) or pg_roles.oid = any(polroles)))
         order by 1, 2, 3"
    ))
    .fetch_all(&mut *db)
    .await?;
    for (table, role, command) in open {
        wrong.push(format!(
            "{role} may {command} in {table} and no policy says which rows: a migration was not applied whole."
        ));
    }
    let lax: Vec<(String, String)> = sqlx::query_as(&format!(
        "{linked} select relname::text, polname::text from pg_policy join linked on id = polrelid join pg_class on pg_class.oid = polrelid
         where polpermissive and (0 = any(polroles) or to_regrole('docket_app')::oid = any(polroles))
             and (coalesce(pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) !~ 'acting_user\\(\\)'
                  or coalesce(pg_get_expr(polwithcheck, polrelid), pg_get_expr(polqual, polrelid)) !~ 'acting_user\\(\\)')
         order by 1, 2"
    ))
    .fetch_all(&mut *db)
    .await?;
    for (table, policy) in lax {
        wrong.push(format!("the policy {policy} of {table} does not ask who acts: whoever acts for one person reaches the rows of others. `drop policy {policy} on {table}`."));
    }
    Ok(Verdict::of(wrong, format!("on and forced for {} tables about people", tables.len())))
}

/// Whether the application's login and the roles that it acts as are bound by row-level security: no superuser, no way around it, owner of nothing.
pub async fn attributes(db: &mut PgConnection, login: &str) -> Result<Verdict, sqlx::Error> {
    let roles: Vec<(String, Vec<String>)> = sqlx::query_as(&format!(
        "select rolname::text, array_remove(array[
             case when rolsuper then 'is a superuser' end,
             case when rolbypassrls then 'passes by row-level security' end,
             case when rolcreaterole then 'may make roles' end,
             case when rolreplication then 'may copy everything by replication' end,
             (select 'owns ' || min(relname) from pg_class where relowner = role.oid and relnamespace = 'public'::regnamespace),
             (select 'owns the function ' || min(proname) from pg_proc where proowner = role.oid and pronamespace = 'public'::regnamespace),
             (select 'owns the schema ' || min(nspname) from pg_namespace where nspowner = role.oid and nspname !~ '^pg_'),
             (select 'owns the database' from pg_database where datdba = role.oid and datname = current_database()),
             (select 'can become ' || min(owner.rolname) from pg_class join pg_roles owner on owner.oid = relowner
              where relnamespace = 'public'::regnamespace and relowner <> role.oid and not role.rolsuper
                  and pg_has_role(role.oid, relowner, 'MEMBER')),
             (select 'has the rights of docket_sign_in at any time (`alter role ' || rolname || ' noinherit`)'
              where rolname = $1 and not rolsuper and pg_has_role(role.oid, to_regrole('docket_sign_in')::oid, 'USAGE')),
             (select 'may read what all write' where not rolsuper and pg_has_role(role.oid, 'pg_read_all_data', 'MEMBER')),
             (select 'may write what all write' where not rolsuper and pg_has_role(role.oid, 'pg_write_all_data', 'MEMBER'))], null)
         from pg_roles role where oid = any({ACTING}) or rolname = $1 order by 1"
    ))
    .bind(login)
    .fetch_all(db)
    .await?;
    let mut wrong = Vec::new();
    if !roles.iter().any(|(name, _)| name == login) {
        wrong.push(format!("there is no role {login}: check DATABASE_URL."));
    }
    for (role, too_much) in &roles {
        if !too_much.is_empty() {
            wrong.push(format!(
                "{role} {}: whoever takes over Docket has everybody's rows. Let DATABASE_URL log in as a role that is only a member of docket_app, docket_sign_in, docket_admin and docket_jobs, and DATABASE_URL_DIRECT as the owner.",
                too_much.join(", ")
            ));
        }
    }
    Ok(Verdict::of(
        wrong,
        format!("{} roles, none of which owns anything or can pass by row-level security", roles.len()),
    ))
}
