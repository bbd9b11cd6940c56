drop table signing_keys, api_tokens;
