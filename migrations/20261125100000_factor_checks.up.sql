-- Every request asks whether its account lacks a second factor. PostgreSQL plans the statement of a function in SQL anew at each call of a
-- statement, which took 50 µs of it; that of one in PL/pgSQL once for each connection.

create or replace function needs_factor(person uuid) returns boolean
language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
    return exists (
        select from factor_policy, users
        where users.id = person and from_when <= now() and (required = 'everybody' or required = 'admins' and role = 'admin'));
end;
$$;

create or replace function lacks_factor(person uuid) returns boolean
language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
    return needs_factor(person)
        and not exists (select from totp_secrets where user_id = person and confirmed_at is not null)
        and not exists (select from passkeys where user_id = person);
end;
$$;
