//! `/settings/tokens`: what programs log in with.

use leptos::{
    ev::SubmitEvent,
    html::Input,
    prelude::*,
    server_fn::ServerFn,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::HtmlFormElement,
};
use leptos_router::components::Redirect;

use super::Sections;
use crate::{
    domain::{
        calendar::Day,
        path::login_path,
        scope::Scope,
        token::{Expiry, NewToken, TokenInfo, TokenState, Tokens},
    },
    error::AppError,
    fns::tokens::{EndToken, MakeToken, end_token, list_tokens, make_token},
    ui::{
        account::{ConfirmPassword, by_script},
        form::{Choices, Field, Form, FormMessage, FormState, Refusal, SelectField, keep_focus, typed},
        locale::use_texts,
        pages::{Failed, Loading, PageTitle},
        toast::use_toasts,
    },
};

/// Where the forms without scripts lead.
const HERE: &str = "/settings/tokens";

/// The page.
#[component]
pub fn TokensPage() -> impl IntoView {
    let t = &use_texts().tokens;
    let tokens = Resource::new_blocking(|| (), |()| list_tokens());
    let form = FormState::new(MakeToken::PATH);
    // The page that answers the form without scripts comes with it.
    let new = RwSignal::new(form.answer::<NewToken>());
    let refetch = move || tokens.refetch();
    view! {
        <PageTitle title=t.title />
        <div class="settings">
            <h1>{t.title}</h1>
            <Sections />
            {move || new.get().map(|new| view! { <Made new /> })}
            <section class="card">
                <h2>{t.yours}</h2>
                <p>{t.about} <a href="/api/docs" rel="external" hreflang="en">{t.about_link}</a> "."</p>
                <Refusal actions=&[EndToken::PATH] />
                <Transition fallback=|| view! { <Loading words=t.fetching /> }>
                    {move || Suspend::new(async move {
                        match tokens.await {
                            Ok(Tokens { tokens, .. }) if tokens.is_empty() => view! {
                                <p class="nothing">{t.none}</p>
                            }
                                .into_any(),
                            Ok(Tokens { tokens, now }) => view! { <List tokens today=now.day new refetch /> }.into_any(),
                            Err(AppError::NotLoggedIn) => view! { <Redirect path=login_path(HERE) /> }.into_any(),
                            Err(error) => view! { <Failed error /> }.into_any(),
                        }
                    })}
                </Transition>
            </section>
            <section class="card">
                <h2>{t.make_title}</h2>
                <MakeForm form new refetch />
            </section>
        </div>
    }
}

/// The token that was just made, once.
#[component]
fn Made(new: NewToken) -> impl IntoView {
    let t = &use_texts().tokens;
    let NewToken { name, token } = new;
    let field = NodeRef::<Input>::new();
    let (scripts, copied) = (RwSignal::new(false), RwSignal::new(None::<bool>));
    // There is nothing more urgent on the page, and the button does nothing without scripts.
    Effect::new(move |_| {
        scripts.set(true);
        if let Some(field) = field.get() {
            let _ = field.focus();
            field.select();
        }
    });
    let text = token.clone();
    let copy = move |_| {
        let text = text.clone();
        leptos::task::spawn_local(async move {
            let done = copy_text(&text).await;
            if !done && let Some(field) = field.get_untracked() {
                let _ = field.focus();
                field.select();
            }
            copied.set(Some(done));
        });
    };
    view! {
        <section class="card made">
            <h2>{t.made_title}</h2>
            <p>{t.copy_before} <b>{name}</b> {t.copy_after}</p>
            <div class="copied">
                <input
                    node_ref=field
                    type="text"
                    value=token
                    readonly
                    aria-label=t.the_new
                    autocomplete="off"
                    spellcheck="false"
                    size="53"
                />
                {move || scripts.get().then(|| view! {
                    <button type="button" class="button" on:click=copy.clone()>{t.copy}</button>
                })}
            </div>
            <p class="when" aria-live="polite">
                {move || copied.get().map(|done| if done { t.copied } else { t.not_copied })}
            </p>
        </section>
    }
}

/// Puts a text into the clipboard; whether the browser did. Pages that came without encryption have no clipboard.
async fn copy_text(text: &str) -> bool {
    let part = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).ok();
    let clipboard = part(&window(), "navigator").and_then(|navigator| part(&navigator, "clipboard"));
    let Some(clipboard) = clipboard.filter(|clipboard| !clipboard.is_undefined()) else { return false };
    let write = part(&clipboard, "writeText").and_then(|write| write.dyn_into::<js_sys::Function>().ok());
    let begun = write.and_then(|write| write.call1(&clipboard, &text.into()).ok());
    match begun.and_then(|begun| begun.dyn_into::<js_sys::Promise>().ok()) {
        Some(promise) => js_sys::futures::JsFuture::from(promise).await.is_ok(),
        None => false,
    }
}

/// Each token, with the way to end it.
#[component]
fn List(
    tokens: Vec<TokenInfo>,
    today: Day,
    new: RwSignal<Option<NewToken>>,
    refetch: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (toasts, texts) = (use_toasts(), use_texts());
    let (t, calendar) = (&texts.tokens, &texts.calendar);
    let rows = tokens.into_iter().map(|token| {
        let TokenInfo { id, name, scopes, hint, made, used, expires, state } = token;
        let over = state != TokenState::Good;
        let (verb, label, done) = if over {
            (t.remove, (t.remove_it)(&name), (t.removed)(&name))
        } else {
            (t.end, (t.end_it)(&name), (t.ended)(&name))
        };
        let ending = hint.clone();
        let end = move |_| {
            let (done, ending) = (done.clone(), ending.clone());
            leptos::task::spawn_local(async move {
                match end_token(id.to_string()).await {
                    Ok(()) => {
                        // Of no use any more, should it be the one that was just made.
                        new.update(|new| drop(new.take_if(|new| new.token.ends_with(&ending))));
                        toasts.tell(done, Vec::new());
                        // The button goes with the token.
                        keep_focus();
                    }
                    Err(error) => toasts.warn((texts.errors.app)(&error), Vec::new()),
                }
                refetch();
            });
        };
        let used = used.map_or_else(|| t.never_used.to_owned(), |used| (t.used)(&calendar.within(used, today)));
        let ends = match (state, expires) {
            (TokenState::Ended, _) => t.was_ended.to_owned(),
            (TokenState::Expired, Some(at)) => (t.expired)(&calendar.within(at, today)),
            (_, Some(at)) => (t.ends)(&calendar.within(at, today)),
            (_, None) => t.no_end.to_owned(),
        };
        view! {
            <li class:over=over>
                <div>
                    <p><b>{name}</b> " " <code class="hint" aria-label=(t.ending_in)(&hint)>{format!("…{hint}")}</code></p>
                    <p class="chips">{scopes.iter().map(|scope| view! { <code>{scope.as_str()}</code> " " }).collect_view()}</p>
                    <p class="when">{(t.made)(&calendar.within(made, today), &used, &ends)}</p>
                </div>
                <Form action=EndToken::PATH next=HERE on_submit=end>
                    <input type="hidden" name="token" value=id.to_string() />
                    <button type="submit" class="quiet" aria-label=label>{verb}</button>
                </Form>
            </li>
        }
    });
    view! { <ul class="rows tokens" aria-label=t.yours>{rows.collect_view()}</ul> }
}

/// To make one.
#[component]
fn MakeForm(
    form: FormState,
    new: RwSignal<Option<NewToken>>,
    refetch: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (t, common) = (&use_texts().tokens, &use_texts().common);
    let call = |event: &SubmitEvent| {
        let scopes = (0..Scope::OF_TOKENS.len()).map(|index| typed(event, &format!("scopes[{index}]")));
        let scopes = scopes.filter(|scope| !scope.is_empty()).collect();
        let (password, code) = (typed(event, "confirm_password"), typed(event, "confirm_code"));
        make_token(typed(event, "name"), scopes, typed(event, "expires"), password, code)
    };
    let on_submit = by_script(form, call, move |made, event| {
        if let Some(form) = event.target().and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) {
            form.reset();
        }
        new.set(Some(made));
        refetch();
    });
    let scopes = Scope::OF_TOKENS.map(|scope| (scope.as_str(), (t.scope)(scope), scope == Scope::TasksRead));
    let expiries = Expiry::ALL.map(|expiry| (expiry.value(), (t.expiry)(expiry)));
    view! {
        <FormMessage form />
        <Form action=MakeToken::PATH next=HERE on_submit>
            <Field form name="name" label=common.name hint=t.name_hint />
            <Choices form name="scopes" label=t.may_do options=scopes.into() />
            <SelectField
                form
                name="expires"
                label=t.how_long
                options=expiries.into()
                value=Expiry::USUAL.value()
                hint=t.how_long_hint
            />
            <ConfirmPassword form />
            <p class="actions">
                <button type="submit" class="button" aria-disabled=move || form.pending().then_some("true")>
                    {move || if form.pending() { t.making } else { t.make }}
                </button>
            </p>
        </Form>
    }
}
