//! Faults that are planted, so that it is seen that they are found.

use std::time::Duration;

use clap::ValueEnum;
use tokio::time::sleep;

use crate::{
    Fallible,
    load::{Load, Style},
    proxy::Network,
    report::Kind,
    stage::{Stage, WELL_AGAIN},
    world::{Wish, World},
};

/// What is wrong with Docket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Plant {
    /// Some commits are lost on their way, and acknowledged
    DroppedCommit,
    /// Somebody's rows turn up at somebody else's, as where a statement forgets whose they are
    ForeignRow,
    /// Some changes don't stand in the log
    LostAudit,
    /// Answers aren't kept for who sends a request again
    ForgottenKey,
    /// Some tasks are added twice
    DoubledRow,
    /// Some statements fail for no reason
    InternalError,
}

impl Plant {
    /// What has to be found.
    fn kind(self) -> Kind {
        match self {
            Self::DroppedCommit => Kind::Lost,
            Self::ForeignRow => Kind::Foreign,
            Self::LostAudit => Kind::Audit,
            Self::ForgottenKey => Kind::Half,
            Self::DoubledRow => Kind::Twice,
            Self::InternalError => Kind::Status,
        }
    }

    async fn plant(self, world: &World) -> Fallible {
        let statements = match self {
            Self::DroppedCommit => {
                world.proxy.set(Network::DropsCommits(7));
                return Ok(());
            }
            // Copies: Docket itself would refuse to change a row that it doesn't see.
            Self::ForeignRow => {
                "create function leak() returns trigger language plpgsql security definer as $$
                 begin
                     if pg_trigger_depth() = 1 and hashtext(new.id::text) % 7 = 0 then
                         insert into tasks (id, user_id, title, position)
                         select gen_random_uuid(), (select id from users where id <> new.user_id and name <> 'Login'
                                                    order by id limit 1), new.title, new.position;
                     end if;
                     return null;
                 end $$;
                 create trigger leak after insert on tasks for each row execute function leak();"
            }
            Self::DoubledRow => {
                "create function double() returns trigger language plpgsql security definer as $$
                 begin
                     if pg_trigger_depth() = 1 and hashtext(new.id::text) % 7 = 0 then
                         insert into tasks (id, user_id, title, position)
                         values (gen_random_uuid(), new.user_id, new.title, new.position);
                     end if;
                     return null;
                 end $$;
                 create trigger double after insert on tasks for each row execute function double();"
            }
            Self::LostAudit => {
                "drop trigger tasks_updated on tasks;
                 create trigger tasks_updated after update on tasks for each row
                     when (old.version <> new.version and new.version % 3 <> 0) execute function log_task_change();"
            }
            Self::ForgottenKey => {
                "create function forget() returns trigger language plpgsql as $$ begin return null; end $$;
                 create trigger forget before insert on idempotency_keys for each row execute function forget();
                 grant execute on function forget() to public;"
            }
            Self::InternalError => {
                "create function fail() returns trigger language plpgsql as $$
                 begin
                     if hashtext(new.id::text) % 7 = 0 then raise exception 'planted'; end if;
                     return new;
                 end $$;
                 create trigger fail before insert on tasks for each row execute function fail();"
            }
        };
        world.cluster.execute(statements).await
    }
}

/// Plants a fault, and says whether it was found; what else was found is a consequence of it.
pub async fn plant(stage: &mut Stage<'_>, plant: Plant) -> Fallible<bool> {
    stage.breaks = true;
    let world = stage.world(Wish::default()).await?;
    plant.plant(&world).await?;
    // Who hangs up sends again, under the same key.
    let style = Style { hangs_up: 40_000, ..Style::default() };
    let load = Load::start(&world, &mut stage.random, style);
    load.goes_on(stage.scale.pick(150, 500), WELL_AGAIN).await?;
    sleep(Duration::from_millis(100)).await;
    world.proxy.set(Network::Works);
    stage.finish(world, load).await?;
    let found = stage.violations.all();
    stage.line.faults = found.iter().filter(|(kind, _)| *kind == plant.kind()).count() as u64;
    Ok(stage.line.faults > 0)
}
