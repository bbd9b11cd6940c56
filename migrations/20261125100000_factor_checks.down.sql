-- Nothing is lost: the same functions, in SQL.

create or replace function needs_factor(person uuid) returns boolean
language sql stable security definer set search_path = public, pg_temp
begin atomic
    select exists (
        select from factor_policy, users
        where users.id = person and from_when <= now() and (required = 'everybody' or required = 'admins' and role = 'admin'));
end;

create or replace function lacks_factor(person uuid) returns boolean
language sql stable security definer set search_path = public, pg_temp
begin atomic
    select needs_factor(person)
        and not exists (select from totp_secrets where user_id = person and confirmed_at is not null)
        and not exists (select from passkeys where user_id = person);
end;
