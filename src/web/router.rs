//! Every route and layer of the program on one screen.

use std::{
    future::ready,
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state, map_response},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use axum_login::AuthManagerLayerBuilder;
use leptos::prelude::{FromServerFnError, provide_context, use_context, use_nonce};
use leptos_axum::{
    ResponseOptions, generate_route_list, handle_server_fns_with_context, render_app_async_with_context,
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, DefaultPredicate, Predicate},
    services::{ServeDir, ServeFile},
    set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
};

use super::{
    api, assets, contact, data, errors, forms, guard, headers, health, keys, metrics, pictures, rendering, rows::Rows,
    sign_in, trace,
};
use crate::{
    app::{App, Assets, shell},
    error::AppError,
    server::{
        auth::sessions::{self, HashedStore},
        database::in_one_transaction,
        pictures::Painter,
        preferences::appearance,
        state::{AppState, package_folder},
    },
    ui::{form::Submission, tasks::Shelf},
};

/// How long an answer may take to begin.
const PATIENCE: Duration = Duration::from_secs(30);

/// The paths of all pages. Found once: while Leptos looks for them, no page of the process gets its data, not even one that another
/// thread is rendering, which then never ends.
static PAGES: LazyLock<Vec<String>> = LazyLock::new(|| {
    rendering::prepare();
    let pages = generate_route_list(App).into_iter().map(|page| page.path().to_owned());
    // In a release there is no styleguide.
    pages.filter(|page| cfg!(debug_assertions) || page != "/styleguide").collect()
});

/// The paths of all pages, as the router knows them: `/tasks/{id}`.
pub fn pages() -> &'static [String] {
    &PAGES
}

/// The paths of all server functions.
pub fn functions() -> impl Iterator<Item = &'static str> {
    forms::functions()
}

/// The paths of the files that are made for who is logged in: `/pictures/{hash}`.
pub fn files() -> impl Iterator<Item = &'static str> {
    pictures::PATHS.into_iter().chain(data::PATHS)
}

/// The whole program as a service.
pub fn router(state: AppState) -> Result<Router, String> {
    let assets = assets::find(&state.config)?;
    let https = state.config.is_https();
    let store = HashedStore::new(state.database.clone(), state.clock.clone());
    let auth = AuthManagerLayerBuilder::new(state.backend.clone(), sessions::layer(store, https)).build();

    let renderer = Renderer { state: state.clone(), assets, rows: Arc::new(Rows::new()) };
    let page = {
        let renderer = renderer.clone();
        get(move |request: Request| renderer.render(request, None))
    };
    let form = {
        let (state, renderer) = (state.clone(), renderer.clone());
        let painter = Painter::new(std::thread::available_parallelism().map_or(1, usize::from));
        post(async move |request: Request| {
            let again = |request, submission| renderer.render(request, Some(submission));
            if pictures::is_upload(request.method(), request.uri().path(), request.headers()) {
                return pictures::submit(state, painter, request, again).await;
            }
            forms::submit(request, |request| call(state, request), again).await
        })
    };
    let not_found = move |request: Request| async move {
        if let Some(path) = without_slash(request.uri().path()) {
            return Redirect::permanent(&path).into_response();
        }
        let mut page = renderer.render(request, None).await;
        *page.status_mut() = StatusCode::NOT_FOUND;
        page
    };

    let pages = PAGES
        .iter()
        .fold(Router::new(), |router, path| router.route(path, page.clone().merge(form.clone())))
        .layer(from_fn(guard::pages));
    let functions = {
        let state = state.clone();
        let function = post(move |request: Request| call(state, request));
        forms::functions().fold(Router::new(), |router, path| router.route(path, function.clone()))
    };
    // Only what needs to know who asks pays for finding out.
    let dynamic = Router::new()
        .merge(pages)
        .merge(functions)
        .merge(pictures::routes(state.clone()))
        .merge(data::routes(state.clone()))
        .merge(sign_in::routes(state.clone()))
        .merge(api::routes(&state, &assets::style_path(&state.config)?)?)
        .fallback(not_found)
        .layer(auth)
        .layer(from_fn(at_once))
        .layer(map_response(headers::mend_login))
        .layer(from_fn(headers::spare_newer_session))
        .layer(headers::default(header::CACHE_CONTROL, headers::NEVER))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(headers::has_no_tag)));

    let cached = if state.config.hash_files { headers::FOREVER } else { headers::REVALIDATE };
    let package = ServeDir::new(package_folder(&state.config)).precompressed_br().precompressed_gzip();
    let package = tower::ServiceBuilder::new()
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, move |response: &axum::http::Response<_>| {
            // What isn't there today may be there tomorrow.
            let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
            Some(HeaderValue::from_static(if found { cached } else { headers::NEVER }))
        }))
        .service(package);
    let files = assets::public_files(&state.config).into_iter().fold(Router::new(), |router, (path, file)| {
        router.route_service(&path, ServeFile::new(file).precompressed_br().precompressed_gzip())
    });

    let router = Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready).with_state(state.clone()))
        .route("/.well-known/jwks.json", get(keys::list).with_state(state.clone()))
        .route("/.well-known/security.txt", get(contact::show).with_state(state.clone()))
        .nest_service("/pkg", package)
        .merge(files.layer(headers::default(header::CACHE_CONTROL, headers::REVALIDATE)))
        .merge(dynamic)
        .layer(from_fn_with_state(state.clone(), guard::origin))
        .layer(from_fn(guard::size))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .layer(CatchPanicLayer::custom(errors::panicked))
        .layer(from_fn(api::dress))
        .layer(from_fn_with_state((assets::style_path(&state.config)?, https), errors::friendly));
    let router = router.layer(map_response(headers::name_charset));
    let everywhere = headers::everywhere(https);
    let router = router.layer(map_response(move |mut answer: Response| {
        headers::complete(answer.headers_mut(), &everywhere);
        ready(answer)
    }));
    Ok(trace::layers(router.layer(from_fn(metrics::observe))))
}

/// Finds out who asks as cheaply as it gets.
async fn at_once(request: Request, next: Next) -> Response {
    let only_reads = request.method().is_safe();
    let answer = sessions::found_at_once(next.run(request));
    if only_reads { in_one_transaction(answer).await } else { answer.await }
}

/// The path of the page that somebody meant who wrote a slash at its end. Never one that leads to another site.
fn without_slash(path: &str) -> Option<String> {
    let plain = path.trim_matches('/');
    (path.ends_with('/') && !plain.is_empty()).then(|| format!("/{plain}"))
}

/// Runs a server function. What it can't read from the request `server_fn` answers with 500, whatever the error.
async fn call(state: AppState, request: Request) -> Response {
    // A body that is too long would be another of those.
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, forms::LIMIT).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let request = Request::from_parts(parts, Body::from(body));
    let answer = handle_server_fns_with_context(move || provide_context(state.clone()), request).await.into_response();
    if answer.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let body = to_bytes(body, forms::LIMIT).await.unwrap_or_default();
    parts.status = StatusCode::from_u16(AppError::de(body.clone()).status()).unwrap_or(parts.status);
    Response::from_parts(parts, Body::from(body))
}

/// What pages are rendered with.
#[derive(Clone)]
struct Renderer {
    state: AppState,
    assets: Assets,
    rows: Arc<dyn Shelf>,
}

impl Renderer {
    /// Renders the page at the request's path, with the form that was refused there, if any.
    async fn render(self, request: Request<Body>, refused: Option<Submission>) -> Response {
        let Self { state, assets, rows } = self;
        let options = state.leptos.clone();
        let appearance = appearance(request.headers(), state.config.is_https());
        let reload = std::env::var_os("LEPTOS_WATCH").map(|_| state.config.reload_port);
        let context = move || {
            provide_context(state.clone());
            provide_context(appearance);
            provide_context(rows.clone());
            if let Some(refused) = refused.clone() {
                provide_context(refused);
            }
            let policy = headers::content_security_policy(use_nonce().as_deref(), reload);
            if let (Some(response), Ok(policy)) = (use_context::<ResponseOptions>(), HeaderValue::try_from(policy)) {
                response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
                // No Vary: nothing keeps a page.
                response.insert_header(header::CONTENT_LANGUAGE, HeaderValue::from_static(appearance.language.tag()));
            }
        };
        let render = render_app_async_with_context(context, move || shell(options.clone(), assets.clone()));
        rendering::together(async move {
            let (parts, body) = render(request).await.into_parts();
            match to_bytes(body, usize::MAX).await {
                Ok(page) => Response::from_parts(parts, Body::from(page)),
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        })
        .await
    }
}
