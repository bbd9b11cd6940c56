-- Everything is lost: accounts, and where they are logged in.
drop table sessions;
drop table users;
drop type user_role;
drop function set_updated_at();
