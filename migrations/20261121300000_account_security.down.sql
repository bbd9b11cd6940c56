-- Every delay is forgiven.
drop table login_delays;
