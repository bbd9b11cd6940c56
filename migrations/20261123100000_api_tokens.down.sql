-- Every access token is lost, and programs are logged out.
drop table signing_keys, api_tokens;
