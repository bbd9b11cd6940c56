-- Logins under attack: what failed lately, and until when the next try has to wait. Kept here, so that a restart forgives nobody.
create table login_delays (
    -- What is counted: a hash of the address that was typed, or a network.
    key       text primary key,
    failures  integer not null check (failures > 0),
    failed_at timestamptz not null,
    wait_until timestamptz not null
);

-- What the cleaning job removes.
create index login_delays_failed_at_idx on login_delays (failed_at);
