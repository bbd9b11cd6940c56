//! `/admin/users`: the accounts of this Docket, for who runs it.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};
use leptos_router::{
    components::{A, Redirect},
    hooks::{use_location, use_query_map},
};

use super::{
    account::{ConfirmPassword, by_script},
    form::{Field, Form, FormMessage, FormState, Refusal, SelectField, typed},
    locale::use_texts,
    pages::{Failed, Loading, NotFound, PageTitle},
    settings::Sections,
    toast::use_toasts,
};
use crate::{
    domain::{
        admin::{AccountLine, AccountPage, Order},
        calendar::Day,
        factor::{Policy, Required},
        path::{login_path, with},
    },
    error::AppError,
    fns::{
        admin::{OrderAccount, list_accounts, order_account},
        factors::{SetPolicy, get_policy, set_policy},
    },
};

/// The page.
const HERE: &str = "/admin/users";

/// The page.
#[component]
pub fn AccountsPage() -> impl IntoView {
    let t = &use_texts().admin;
    let query = use_query_map();
    let search = Memo::new(move |_| query.with(|query| query.get("q")).unwrap_or_default());
    let before = Memo::new(move |_| query.with(|query| query.get("before")).and_then(|id| id.parse().ok()));
    let accounts = Resource::new_blocking(move || (search.get(), before.get()), |(q, before)| list_accounts(q, before));
    view! {
        <Transition fallback=|| view! { <Loading words=t.fetching /> }>
            {move || Suspend::new(async move {
                match accounts.await {
                    Ok(page) => view! { <Accounts page search=search.get_untracked() refetch=move || accounts.refetch() /> }.into_any(),
                    // For who is no admin it doesn't exist.
                    Err(AppError::NotFound) => view! { <NotFound /> }.into_any(),
                    Err(AppError::NotLoggedIn) => view! { <Redirect path=login_path(HERE) /> }.into_any(),
                    Err(error) => view! { <Failed error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Accounts(page: AccountPage, search: String, refetch: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let AccountPage { accounts, total, next, today } = page;
    let (t, common) = (&use_texts().admin, &use_texts().common);
    let here = use_location();
    let url = format!(
        "{HERE}{}",
        here.search.with_untracked(|query| if query.is_empty() {
            String::new()
        } else {
            format!("?{}", query.trim_start_matches('?'))
        })
    );
    let found = match u64::try_from(total).unwrap_or_default() {
        0 => (t.none)(&search),
        total => (t.found)(total, search.is_empty()),
    };
    let older = next.map(|next| {
        let page = if search.is_empty() { HERE.to_owned() } else { with(HERE, "q", &search) };
        with(&page, "before", &next.to_string())
    });
    let searched = !search.is_empty();
    let rows: Vec<_> =
        accounts.into_iter().map(|account| view! { <Row account today url=url.clone() refetch /> }).collect();
    view! {
        <PageTitle title=t.title />
        <div class="settings">
            <h1>{t.title}</h1>
            <Sections />
            <section class="card">
                <form method="get" action=HERE role="search" aria-label=t.title class="account-search">
                    <label for="account-q" class="visually-hidden">{t.search}</label>
                    <input id="account-q" type="search" name="q" value=search placeholder=t.search autocomplete="off" maxlength="255" />
                    <button type="submit" class="button secondary">{common.search}</button>
                </form>
                <Refusal actions=&[OrderAccount::PATH] />
                <p class="when">{found} {searched.then(|| view! { " " <A href=HERE>{common.show_all}</A> })}</p>
                <ul class="rows accounts">{rows}</ul>
                {older.map(|older| view! { <p class="actions"><A href=older attr:class="button secondary">{t.older}</A></p> })}
            </section>
            <PolicyCard />
        </div>
    }
}

/// Who has to have a second factor.
#[component]
fn PolicyCard() -> impl IntoView {
    let (toasts, texts) = (use_toasts(), use_texts());
    let t = &texts.factors;
    let policy = Resource::new_blocking(|| (), |()| get_policy());
    let form = FormState::new(SetPolicy::PATH);
    let call = |event: &SubmitEvent| {
        let (password, code) = (typed(event, "confirm_password"), typed(event, "confirm_code"));
        set_policy(typed(event, "required"), typed(event, "days"), password, code)
    };
    let on_submit = StoredValue::new(by_script(form, call, move |(), _| {
        toasts.tell(t.saved, Vec::new());
        policy.refetch();
    }));
    view! {
        <section class="card stack">
            <h2>{t.policy}</h2>
            <p>{t.policy_about}</p>
            <Transition fallback=|| view! { <Loading words=texts.admin.fetching /> }>
                {move || Suspend::new(async move {
                    let Policy { required, from, today } = match policy.await {
                        Ok(policy) => policy,
                        Err(error) => return view! { <Failed error /> }.into_any(),
                    };
                    let options: Vec<_> =
                        Required::ALL.into_iter().map(|each| (each.as_str().to_owned(), (t.who)(each).to_owned())).collect();
                    let since = (required != Required::Nobody).then(|| (t.in_force)(&texts.calendar.within(from, today)));
                    view! {
                        {since.map(|since| view! { <p class="when">{since}</p> })}
                        <FormMessage form />
                        <Form action=SetPolicy::PATH next=HERE on_submit=move |event| on_submit.with_value(|submit| submit(event))>
                            <SelectField form name="required" label=t.policy options value=required.as_str() />
                            <Field form name="days" label=t.days hint=t.days_hint value="7" />
                            <ConfirmPassword form />
                            <p class="actions"><button type="submit" class="button secondary">{t.save}</button></p>
                        </Form>
                    }
                        .into_any()
                })}
            </Transition>
        </section>
    }
}

/// One account with what can be done to it.
#[component]
fn Row(
    account: AccountLine,
    today: Day,
    url: String,
    refetch: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let AccountLine { id, name, email, is_admin, is_active, own, since, used } = account;
    let (t, calendar) = (&use_texts().admin, &use_texts().calendar);
    let signs = [(own, t.you), (is_admin, t.admin), (!is_active, t.disabled)];
    let signs = signs.into_iter().filter(|(is, _)| *is).map(|(_, sign)| view! { <span class="sign">{sign}</span> });
    let orders = [
        if is_active { Order::Disable } else { Order::Enable },
        if is_admin { Order::MakeMember } else { Order::MakeAdmin },
        Order::LogOut,
        Order::ResetFactors,
    ];
    let logged_in = used.is_some();
    let used = used.map(|used| (t.used)(&calendar.within(used, today))).unwrap_or_default();
    let buttons: Vec<_> = orders
        .into_iter()
        .filter(|order| !own && (logged_in || *order != Order::LogOut))
        .map(|order| {
            view! { <OrderForm account=id.to_string() name=name.clone() order url=url.clone() refetch /> }
        })
        .collect();
    view! {
        <li>
            <div>
                <p><b dir="auto">{name.clone()}</b> {signs.collect_view()}</p>
                <p class="when">{email}</p>
                <p class="when">{format!("{}{used}", (t.since)(&calendar.within(since, today)))}</p>
            </div>
            <div class="orders">{buttons}</div>
        </li>
    }
}

#[component]
fn OrderForm(
    account: String,
    name: String,
    order: Order,
    url: String,
    refetch: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (toasts, texts) = (use_toasts(), use_texts());
    let label = (texts.admin.order)(order);
    let own = account.clone();
    let spoken = format!("{label}: {name}");
    let on_submit = move |_| {
        let Ok(id) = own.parse() else { return };
        let name = name.clone();
        leptos::task::spawn_local(async move {
            match order_account(id, order).await {
                Ok(()) => drop(toasts.tell((texts.admin.done)(order, &name), Vec::new())),
                Err(error) => toasts.warn((texts.errors.app)(&error), Vec::new()),
            }
            refetch();
        });
    };
    view! {
        <Form action=OrderAccount::PATH next=url on_submit>
            <input type="hidden" name="account" value=account />
            <input type="hidden" name="order" value=order.as_str() />
            <button type="submit" class="quiet" aria-label=spoken>{label}</button>
        </Form>
    }
}
