-- Lost: every passkey, every second factor, every sign-in by a provider. Who has no password gets one by mail ("Forgot your password?").

drop function forget_factors(uuid);
drop function asks_second_step(uuid);
drop function lacks_factor(uuid);
drop function needs_factor(uuid);
drop table factor_policy;
drop table accounts;
drop table backup_codes;
drop table totp_secrets;
drop table passkeys;
