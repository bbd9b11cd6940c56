//! `docket serve`.

use std::{io::Write, time::Duration};

use tokio::net::TcpListener;

use super::{
    Outcome,
    running::{Running, state},
};
use crate::{
    server::{config::Config, database::Database, jobs, migrations, shutdown, slow, verify},
    web,
};

/// Runs the server until it is told to stop.
pub async fn serve(mut config: Config) -> Outcome {
    let stop = shutdown::on_signal()?;
    web::check_site(&config)?;
    // First, so that a port in use is known before a database is started for nothing.
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        format!(
            "{} can't be listened on ({error}): stop what uses it, or set LEPTOS_SITE_ADDR to another address.",
            config.listen
        )
    })?;
    let watched = match config.metrics_listen {
        Some(address) => Some(TcpListener::bind(address).await.map_err(|error| {
            format!("{address} can't be listened on ({error}): set DOCKET_METRICS_ADDR to another address.")
        })?),
        None => None,
    };
    let address = listener.local_addr()?;
    // Port 0 is one that can't be reached: links in mails lead to the one that was taken.
    config.listen = address;
    let running = Running::start(&config.database).await?;
    let result = async {
        let mut database = Database::connect(running.pooled.clone(), &config.pool).await?;
        if let Some(replica) = &running.replica {
            database = database.with_replica(replica.clone(), &config.pool);
        }
        if running.is_embedded() {
            migrations::up(&running.direct, running.pooled.get_username()).await?;
        } else if database.probe(|db| Box::pin(async move { Ok(migrations::missing(db).await?) })).await? > 0 {
            tracing::error!(
                "the database is behind this version of Docket: run `docket migrate up`; until then /readyz is 503"
            );
        }
        for (name, value) in database.probe(|db| Box::pin(async move { Ok(verify::lax(db).await?) })).await? {
            tracing::warn!("{name} is {value} in PostgreSQL: what was acknowledged is lost when the machine stops");
        }
        let login = running.pooled.get_username().to_owned();
        let risks = database.probe(move |db| {
            let login = login.clone();
            Box::pin(async move { Ok(verify::risks(db, &login).await?) })
        });
        // A start doesn't fail for it; where it can't be asked the log says why.
        for sentence in risks.await.unwrap_or_default() {
            tracing::warn!("{sentence}");
        }
        let state = state(&config, database.clone())?;
        let jobs = tokio::spawn(jobs::run_forever(state.clone()));
        let explained = tokio::spawn(slow::explain_forever(database.clone()));
        let router = web::router(state.clone())?;
        // The one line for who started it, and for programs that wait for it.
        writeln!(std::io::stdout(), "Docket is at http://{address}")?;
        if let Some(listener) = watched {
            writeln!(std::io::stdout(), "Its metrics are at http://{}/metrics", listener.local_addr()?)?;
            let stop = web::Stop { token: stop.clone(), delay: config.stop_delay, patience: Duration::ZERO };
            tokio::spawn(web::serve(listener, web::metrics::router(state), stop));
        }
        let stop = web::Stop { token: stop, delay: config.stop_delay, patience: config.stop_timeout };
        web::serve(listener, router, stop).await;
        jobs.abort();
        explained.abort();
        database.close().await;
        Ok(())
    }
    .await;
    running.stop().await;
    result
}
