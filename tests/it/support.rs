//! An application of its own for each test, and a browser without scripts to use it with.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use docket::{
    server::{
        auth::{Backend, password::PasswordHasher},
        config::{Config, Settings},
        database::Database,
        embedded::Embedded,
        migrations,
        state::{AppState, leptos_options},
    },
    web,
};
use reqwest::{Response, StatusCode, header};
use scraper::{Html, Selector};
use sqlx::{PgPool, postgres::PgConnectOptions};
use tokio::{net::TcpListener, sync::OnceCell};
use tokio_util::sync::CancellationToken;

/// The cluster of this run. It ends with the process, however that ends.
pub async fn cluster() -> &'static Embedded {
    static CLUSTER: OnceCell<Embedded> = OnceCell::const_new();
    CLUSTER.get_or_init(|| async { Embedded::temporary().await.unwrap() }).await
}

/// The name of a new, empty database.
pub async fn empty_database() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    assert!(cluster().await.create_database(&name).await.unwrap());
    name
}

/// The application, listening on a port of its own.
pub struct App {
    pub address: SocketAddr,
    pub state: AppState,
    pub options: PgConnectOptions,
    stop: CancellationToken,
}

impl App {
    /// On a database with every migration.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same, with settings.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let options = cluster().await.options(&empty_database().await);
        migrations::up(&options).await.unwrap();
        Self::on(options, settings).await
    }

    /// On a database as it is.
    pub async fn on(options: PgConnectOptions, settings: &[(&str, &str)]) -> Self {
        let own = [("DATABASE_POOL_SIZE", "4"), ("DATABASE_URL", "postgres://unused")];
        let settings: Vec<_> =
            own.iter().chain(settings).map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let config = Config::new(&Settings::gather(folder, &settings).unwrap(), folder).unwrap();
        let database = Database::connect(options.clone(), &config.pool).await.unwrap();
        let state = AppState {
            backend: Backend::new(database.clone(), PasswordHasher::new(2).unwrap()),
            leptos: leptos_options(&config),
            database,
            config: Arc::new(config),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let router = web::router(state.clone()).unwrap();
        tokio::spawn(web::serve(listener, router, stop.clone(), std::time::Duration::from_secs(5)));
        Self { address, state, options, stop }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn pool(&self) -> &PgPool {
        self.state.database.pool()
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
    base: String,
}

impl Browser {
    /// For the application at this URL.
    pub fn at(base: &str) -> Self {
        let client = reqwest::Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none());
        Self { client: client.build().unwrap(), base: base.to_owned() }
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
        let answer = self.call("add_task", &[("title", title), ("description", description)]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let task: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        task["id"].as_str().unwrap().to_owned()
    }

    pub async fn is_logged_in(&self) -> bool {
        self.get("/tasks").await.status() == StatusCode::OK
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

    pub fn open(&self) -> Vec<String> {
        self.texts("ul[aria-label='Open tasks'] .task-title")
    }

    pub fn completed(&self) -> Vec<String> {
        self.texts("ul[aria-label='Completed tasks'] .task-title")
    }
}
