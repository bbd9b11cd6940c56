-- Answers to requests of programs that may be sent again are forgotten: such a request would be done a second time.
drop table idempotency_keys;
