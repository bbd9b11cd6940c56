//! An application of its own for each test, and a browser without scripts to use it with.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use docket::{
    domain::{
        change::Changed,
        history::TaskDetail,
        id::{ChangeId, TaskId, UserId},
        query::TaskPage,
        task::Task,
    },
    error::AppError,
    server::{
        auth::{Backend, password::PasswordHasher},
        clock::Clock,
        config::{self, DatabaseSource, Settings},
        database::{Actor, Database},
        embedded::Embedded,
        migrations,
        providers::Providers,
        secrets::SecretKey,
        state::{AppState, Program, leptos_options},
    },
    web::{self, Stop},
};
use proptest::{
    strategy::Strategy,
    test_runner::{Config, TestRunner},
};
use reqwest::{Response, StatusCode, header};
use scraper::{ElementRef, Html, Selector};
use sqlx::{
    Connection, Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{net::TcpListener, sync::OnceCell};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::pooler::PgBouncer;

/// The cluster of this run. It ends with the process, however that ends.
pub async fn cluster() -> &'static Embedded {
    static CLUSTER: OnceCell<Embedded> = OnceCell::const_new();
    CLUSTER.get_or_init(|| async { Embedded::temporary().await.unwrap() }).await
}

/// The name of a new, empty database.
pub async fn empty_database() -> String {
    let name = new_name();
    assert!(cluster().await.prepare(&name).await.unwrap());
    name
}

/// A new database with every migration, for the superuser: a copy of one that was migrated once.
pub async fn migrated() -> PgConnectOptions {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let make = || async {
        let name = empty_database().await;
        migrations::up(&owner(&cluster().await.options(&name)), LOGIN).await.unwrap();
        name
    };
    let template = TEMPLATE.get_or_init(make).await;
    let name = new_name();
    let mut connection = PgConnection::connect_with(&cluster().await.options("postgres")).await.unwrap();
    // Without a copy in the log, too: half the writing.
    let copy = format!("create database {name} template {template} owner docket_owner strategy file_copy");
    connection.execute(copy.as_str()).await.unwrap();
    cluster().await.options(&name)
}

fn new_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// Who logs in for the application.
pub const LOGIN: &str = "docket_web";

/// The same database for who owns it.
pub fn owner(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().username("docket_owner")
}

/// The application's way to a database of the tests' cluster: through `PgBouncer` where `DOCKET_TEST_POOLER` names its mode.
async fn pooled(login: &PgConnectOptions) -> PgConnectOptions {
    static POOLER: OnceCell<PgBouncer> = OnceCell::const_new();
    match std::env::var("DOCKET_TEST_POOLER") {
        Ok(mode) if login.get_socket() == cluster().await.options("postgres").get_socket() => {
            POOLER.get_or_init(|| PgBouncer::start(&mode)).await.options(login)
        }
        _ => login.clone(),
    }
}

/// An id for a change, as a browser makes one.
pub fn new_change() -> ChangeId {
    ChangeId(Uuid::new_v4())
}

/// The application, listening on a port of its own.
pub struct App {
    pub address: SocketAddr,
    pub state: AppState,
    /// The database, for its superuser: the tests' own way to it, past everything that the application is held to.
    pub options: PgConnectOptions,
    pool: PgPool,
    stop: CancellationToken,
}

impl App {
    /// On a database with every migration.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same, with settings.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::on(migrated().await, settings).await
    }

    /// The same, at this time (RFC 3339), which passes only when the clock is set.
    pub async fn at(time: &str) -> Self {
        Self::launch(migrated().await, &[], Clock::still(time.parse().unwrap())).await
    }

    /// The same, with settings.
    pub async fn at_with(time: &str, settings: &[(&str, &str)]) -> Self {
        Self::launch(migrated().await, settings, Clock::still(time.parse().unwrap())).await
    }

    /// On a database as it is.
    pub async fn on(options: PgConnectOptions, settings: &[(&str, &str)]) -> Self {
        Self::launch(options, settings, Clock::System).await
    }

    /// Another one on the same database, with the same clock.
    pub async fn beside(&self, settings: &[(&str, &str)]) -> Self {
        Self::launch(self.options.clone(), settings, self.state.clock.clone()).await
    }

    async fn launch(options: PgConnectOptions, settings: &[(&str, &str)], clock: Clock) -> Self {
        // What Docket logs stands beside the message of a test that fails.
        let _ = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_test_writer().try_init();
        let own = [
            ("DATABASE_POOL_SIZE", "4"),
            ("DATABASE_URL", "postgres://unused"),
            // A machine with other things to do is no fault of Docket's.
            ("DATABASE_ACQUIRE_TIMEOUT", "20"),
            ("DATABASE_STATEMENT_TIMEOUT", "60"),
        ];
        let settings: Vec<_> =
            own.iter().chain(settings).map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut config = config::Config::new(&Settings::gather(folder, &settings).unwrap(), folder).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        config.listen = address;
        let login = options.clone().username(LOGIN);
        let mut database = Database::connect(pooled(&login).await, &config.pool).await.unwrap();
        if let DatabaseSource::Server { replica: Some(replica), .. } = &config.database {
            database = database.with_replica((**replica).clone(), &config.pool);
        }
        let state = AppState::from(Program {
            backend: Backend::new(
                database.clone(),
                PasswordHasher::new(2).unwrap(),
                SecretKey::new(&[7; 32]).unwrap(),
                config.passkey_site().as_ref(),
            )
            .with_providers(Providers::new(config.providers.clone()).unwrap()),
            leptos: leptos_options(&config),
            database,
            clock,
            config: Arc::new(config),
        });
        let stop = CancellationToken::new();
        let router = web::router(state.clone()).unwrap();
        let end = Stop { token: stop.clone(), delay: state.config.stop_delay, patience: Duration::from_secs(5) };
        tokio::spawn(web::serve(listener, router, end));
        let pool = PgPoolOptions::new()
            .max_connections(4)
            // What a statement that was to fail has left open.
            .before_acquire(|connection, _| Box::pin(async move { connection.execute("rollback").await.map(|_| true) }))
            .connect_lazy_with(options.clone());
        Self { address, state, options, pool, stop }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The superuser's, not the application's.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Somebody with a browser of their own, not logged in.
    pub fn visitor(&self) -> Browser {
        Browser::at(&self.url(""))
    }

    /// Somebody with an account, logged in.
    pub async fn person(&self, name: &str) -> Browser {
        let browser = self.visitor();
        let answer = browser.register(name, &format!("{name}@example.org"), PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        browser
    }

    /// The account of the person with this name, to act for in a scope.
    pub async fn actor(&self, name: &str) -> Actor {
        let id = sqlx::query_scalar("select id from users where name = $1").bind(name).fetch_one(self.pool()).await;
        Actor { user: UserId(id.unwrap()) }
    }

    /// Runs a statement of the test's own.
    pub async fn sql(&self, statement: &str) {
        sqlx::raw_sql(statement).execute(self.pool()).await.unwrap();
    }

    /// One value of the database's, as text; "null" for none.
    pub async fn value(&self, expression: &str) -> String {
        let query = format!("select coalesce(({expression})::text, 'null')");
        sqlx::query_scalar(&query).fetch_one(self.pool()).await.unwrap()
    }

    /// Sets the clock of [`App::at`].
    pub fn set_clock(&self, time: &str) {
        self.state.clock.set(time.parse().unwrap());
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub const PASSWORD: &str = "correct horse battery";

/// A browser without scripts: it follows no redirect by itself, and keeps cookies.
#[derive(Clone)]
pub struct Browser {
    pub client: reqwest::Client,
    pub base: String,
}

impl Browser {
    /// For the application at this URL.
    pub fn at(base: &str) -> Self {
        let client = reqwest::Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none());
        // Before the server ends an idle connection: which of the two is first is nobody's business here.
        let client = client.pool_idle_timeout(std::time::Duration::from_secs(5));
        Self { client: client.build().unwrap(), base: base.to_owned() }
    }

    /// The same browser at another node: it takes its cookies along.
    pub fn on(&self, app: &App) -> Self {
        Self { client: self.client.clone(), base: app.url("") }
    }

    pub async fn get(&self, path: &str) -> Response {
        let request = self.client.get(format!("{}{path}", self.base)).header(header::ACCEPT, "text/html");
        request.send().await.unwrap()
    }

    /// The page at `path`, which has to be there.
    pub async fn page(&self, path: &str) -> Page {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        Page::of(answer).await
    }

    /// Posts a form that stands on the page at `path`, as a browser does.
    pub async fn submit(&self, path: &str, action: &str, fields: &[(&str, &str)]) -> Response {
        let mut form = vec![("form_action", action)];
        form.extend_from_slice(fields);
        let request = self.client.post(format!("{}{path}", self.base)).header(header::ACCEPT, "text/html");
        let request = request.header(header::ORIGIN, &self.base).header("sec-fetch-site", "same-origin");
        request.form(&form).send().await.unwrap()
    }

    /// Calls a server function, as a script does.
    pub async fn call(&self, function: &str, fields: &[(&str, &str)]) -> Response {
        self.try_call(function, fields).await.unwrap()
    }

    /// The same, where nobody may be there to answer.
    pub async fn try_call(&self, function: &str, fields: &[(&str, &str)]) -> reqwest::Result<Response> {
        let request =
            self.client.post(format!("{}/fn/{function}", self.base)).header(header::ACCEPT, "application/json");
        request.header(header::ORIGIN, &self.base).form(fields).send().await
    }

    pub async fn register(&self, name: &str, email: &str, password: &str) -> Response {
        let fields = [("name", name), ("email", email), ("password", password), ("form_next", "/tasks")];
        self.submit("/register", "/fn/register", &fields).await
    }

    pub async fn log_in(&self, email: &str, password: &str) -> Response {
        let fields = [("email", email), ("password", password), ("form_next", "/tasks")];
        self.submit("/login", "/fn/log_in", &fields).await
    }

    pub async fn log_out(&self) -> Response {
        self.submit("/tasks", "/fn/log_out", &[("form_next", "/login")]).await
    }

    pub async fn add(&self, title: &str) -> String {
        self.add_with(title, "").await
    }

    /// Adds a task and gives its id.
    pub async fn add_with(&self, title: &str, description: &str) -> String {
        self.add_fields(&[("title", title), ("description", description)]).await.id.to_string()
    }

    /// Adds a task with these fields.
    pub async fn add_fields(&self, fields: &[(&str, &str)]) -> Task {
        self.change("add_task", fields).await.tasks.remove(0)
    }

    /// Calls a server function that changes something, which has to work.
    pub async fn change(&self, function: &str, fields: &[(&str, &str)]) -> Changed {
        let answer = self.call(function, fields).await;
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, StatusCode::OK, "{function} {fields:?}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// The same with the ids of tasks among the fields.
    pub async fn change_all<T: ToString>(&self, function: &str, ids: &[T], fields: &[(&str, &str)]) -> Changed {
        let ids = indexed(ids);
        self.change(function, &with(&ids, fields)).await
    }

    /// Calls a server function that is to refuse, and gives why.
    pub async fn refused(&self, function: &str, fields: &[(&str, &str)]) -> AppError {
        let answer = self.call(function, fields).await;
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        let error: AppError = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{function}: {status} {text}"));
        assert_eq!(status.as_u16(), error.status(), "{function}");
        error
    }

    /// The same with the ids of tasks among the fields.
    pub async fn refused_all<T: ToString>(&self, function: &str, ids: &[T], fields: &[(&str, &str)]) -> AppError {
        let ids = indexed(ids);
        self.refused(function, &with(&ids, fields)).await
    }

    /// Takes a change back.
    pub async fn undo(&self, change: ChangeId) -> Changed {
        self.change("undo_change", &[("undone", &change.to_string())]).await
    }

    /// What the page at this URL is about, as scripts ask for it.
    pub async fn list(&self, url: &str) -> TaskPage {
        let answer = self.call("list_tasks", &[("url", url)]).await;
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, StatusCode::OK, "{url}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// The titles of the tasks at this URL, in their order.
    pub async fn titles(&self, url: &str) -> Vec<String> {
        self.list(url).await.tasks.into_iter().map(|task| task.title.into()).collect()
    }

    /// One task with its history.
    pub async fn detail(&self, id: impl ToString) -> TaskDetail {
        let answer = self.call("get_task", &[("id", &id.to_string())]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    pub async fn is_logged_in(&self) -> bool {
        self.get("/tasks").await.status() == StatusCode::OK
    }
}

/// Ids as fields of a form: `ids[0]=…&ids[1]=…`.
pub fn indexed<T: ToString>(ids: &[T]) -> Vec<(String, String)> {
    ids.iter().enumerate().map(|(index, id)| (format!("ids[{index}]"), id.to_string())).collect()
}

/// Those and other fields.
pub fn with<'a>(ids: &'a [(String, String)], fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    ids.iter().map(|(name, id)| (name.as_str(), id.as_str())).chain(fields.iter().copied()).collect()
}

/// The ids of tasks.
pub fn ids(tasks: &[Task]) -> Vec<TaskId> {
    tasks.iter().map(|task| task.id).collect()
}

/// Tries a property of the running application on so many random values. It fails by panicking.
pub fn for_all<S: Strategy, C>(
    cases: u32,
    values: S,
    prepare: impl Future<Output = C>,
    property: impl AsyncFn(&C, S::Value),
) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let context = runtime.block_on(prepare);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 1_000, ..Config::default() };
    let result = TestRunner::new(config).run(&values, |value| {
        runtime.block_on(property(&context, value));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Where a redirect leads, as a path.
pub fn location(answer: &Response) -> &str {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    answer.headers()[header::LOCATION].to_str().unwrap()
}

/// The session cookie that an answer sets.
pub fn cookie(answer: &Response) -> Option<String> {
    let set = answer.headers().get(header::SET_COOKIE)?.to_str().unwrap();
    Some(set.split(';').next().unwrap().to_owned())
}

/// A page, parsed as a browser parses it.
pub struct Page {
    pub text: String,
}

impl Page {
    pub async fn of(answer: Response) -> Self {
        Self { text: answer.text().await.unwrap() }
    }

    /// The texts of what `selector` finds, in the order of the page.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text);
        let selector = Selector::parse(selector).unwrap();
        html.select(&selector).map(|element| element.text().collect()).collect()
    }

    /// The values of an attribute of what `selector` finds.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text);
        let selector = Selector::parse(selector).unwrap();
        html.select(&selector).filter_map(|element| element.attr(name).map(str::to_owned)).collect()
    }

    /// Every element with the names of its attributes, in the order of the page.
    pub fn skeleton(&self) -> Vec<String> {
        let html = Html::parse_document(&self.text);
        let elements = html.root_element().descendants().filter_map(|node| node.value().as_element());
        let name = |element: &scraper::node::Element| {
            let mut attributes: Vec<_> = element.attrs().map(|(name, _)| name).collect();
            attributes.sort_unstable();
            format!("{} {}", element.name(), attributes.join(" "))
        };
        elements.map(name).collect()
    }

    /// The forms that `selector` finds: the page each posts to, and what a browser would send, its hidden field for the server
    /// function first.
    pub fn forms(&self, selector: &str) -> Vec<(String, Vec<(String, String)>)> {
        let html = Html::parse_document(&self.text);
        let selector = Selector::parse(selector).unwrap();
        html.select(&selector).map(|form| (form.attr("action").unwrap_or_default().to_owned(), fields(form))).collect()
    }

    /// What a browser sends where somebody presses each of these buttons: the fields of the form that it stands in or names, and its own.
    pub fn presses(&self, selector: &str) -> Vec<(String, Vec<(String, String)>)> {
        let html = Html::parse_document(&self.text);
        let selector = Selector::parse(selector).unwrap();
        let presses = html.select(&selector).map(|button| {
            let form = match button.attr("form") {
                Some(id) => html.select(&Selector::parse(&format!("form#{id}")).unwrap()).next(),
                None => button.ancestors().filter_map(ElementRef::wrap).find(|around| around.value().name() == "form"),
            };
            let form = form.unwrap_or_else(|| panic!("{} belongs to no form", button.html()));
            let own = button.attr("name").zip(button.attr("value"));
            let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
            (form.attr("action").unwrap_or_default().to_owned(), fields(form).into_iter().chain(own).collect())
        });
        presses.collect()
    }

    pub fn open(&self) -> Vec<String> {
        self.texts("ul[aria-label='Open tasks'] .task-title")
    }

    pub fn completed(&self) -> Vec<String> {
        self.texts("ul[aria-label='Completed tasks'] .task-title")
    }
}

/// What the fields of a form would send as they stand there.
fn fields(form: ElementRef<'_>) -> Vec<(String, String)> {
    let fields = Selector::parse("input[name], textarea[name], select[name]").unwrap();
    let chosen = Selector::parse("option[selected]").unwrap();
    let fields = form.select(&fields).filter_map(|field| {
        let value = match field.value().name() {
            "textarea" => field.text().collect(),
            "select" => field.select(&chosen).next()?.attr("value")?.to_owned(),
            _ if matches!(field.attr("type"), Some("radio" | "checkbox")) => {
                field.attr("checked").and(field.attr("value"))?.to_owned()
            }
            _ => field.attr("value").unwrap_or_default().to_owned(),
        };
        Some((field.attr("name")?.to_owned(), value))
    });
    fields.collect()
}
