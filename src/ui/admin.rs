//! `/admin/users`: the accounts of this Docket, for who runs it.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::{
    components::{A, Redirect},
    hooks::{use_location, use_query_map},
};

use super::{
    form::{Form, Refusal},
    pages::{Failed, NotFound, PageTitle},
    settings::Sections,
    toast::use_toasts,
};
use crate::{
    domain::{
        admin::{AccountLine, AccountPage, Order},
        calendar::Day,
        path::{login_path, with},
    },
    error::AppError,
    fns::admin::{OrderAccount, list_accounts, order_account},
};

/// The page.
const HERE: &str = "/admin/users";

/// The page.
#[component]
pub fn AccountsPage() -> impl IntoView {
    let query = use_query_map();
    let search = Memo::new(move |_| query.with(|query| query.get("q")).unwrap_or_default());
    let before = Memo::new(move |_| query.with(|query| query.get("before")).and_then(|id| id.parse().ok()));
    let accounts = Resource::new_blocking(move || (search.get(), before.get()), |(q, before)| list_accounts(q, before));
    view! {
        <Transition fallback=|| view! { <p class="loading">"Fetching the accounts…"</p> }>
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
    let here = use_location();
    let url = format!(
        "{HERE}{}",
        here.search.with_untracked(|query| if query.is_empty() {
            String::new()
        } else {
            format!("?{}", query.trim_start_matches('?'))
        })
    );
    let found = match (total, search.is_empty()) {
        (0, _) => format!("No account has “{search}” in its name or address."),
        (1, true) => "One account: yours.".to_owned(),
        (1, false) => "One account found.".to_owned(),
        (total, true) => format!("{total} accounts."),
        (total, false) => format!("{total} accounts found."),
    };
    let older = next.map(|next| {
        let page = if search.is_empty() { HERE.to_owned() } else { with(HERE, "q", &search) };
        with(&page, "before", &next.to_string())
    });
    let searched = !search.is_empty();
    let rows: Vec<_> =
        accounts.into_iter().map(|account| view! { <Row account today url=url.clone() refetch /> }).collect();
    view! {
        <PageTitle title="Accounts" />
        <div class="settings">
            <h1>"Accounts"</h1>
            <Sections />
            <section class="card">
                <form method="get" action=HERE role="search" aria-label="Accounts" class="account-search">
                    <label for="account-q" class="visually-hidden">"Search by name or address"</label>
                    <input id="account-q" type="search" name="q" value=search placeholder="Search by name or address" autocomplete="off" maxlength="255" />
                    <button type="submit" class="button secondary">"Search"</button>
                </form>
                <Refusal actions=&[OrderAccount::PATH] />
                <p class="when">{found} {searched.then(|| view! { " " <A href=HERE>"Show all"</A> })}</p>
                <ul class="rows accounts">{rows}</ul>
                {older.map(|older| view! { <p class="actions"><A href=older attr:class="button secondary">"Older accounts"</A></p> })}
            </section>
        </div>
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
    let signs = [(own, "You"), (is_admin, "Admin"), (!is_active, "Disabled")];
    let signs = signs.into_iter().filter(|(is, _)| *is).map(|(_, sign)| view! { <span class="sign">{sign}</span> });
    let orders = [
        if is_active { (Order::Disable, "Disable") } else { (Order::Enable, "Enable") },
        if is_admin { (Order::MakeMember, "Make member") } else { (Order::MakeAdmin, "Make admin") },
        (Order::LogOut, "Log out"),
    ];
    let logged_in = used.is_some();
    let used = used.map(|used| format!(", last used {}", used.within(today))).unwrap_or_default();
    let buttons: Vec<_> = orders
        .into_iter()
        .filter(|(order, _)| !own && (logged_in || *order != Order::LogOut))
        .map(|(order, label)| {
            view! { <OrderForm account=id.to_string() name=name.clone() order label url=url.clone() refetch /> }
        })
        .collect();
    view! {
        <li>
            <div>
                <p><b dir="auto">{name.clone()}</b> {signs.collect_view()}</p>
                <p class="when">{email}</p>
                <p class="when">{format!("Since {}{used}", since.within(today))}</p>
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
    label: &'static str,
    url: String,
    refetch: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let toasts = use_toasts();
    let own = account.clone();
    let spoken = format!("{label}: {name}");
    let on_submit = move |_| {
        let Ok(id) = own.parse() else { return };
        let name = name.clone();
        leptos::task::spawn_local(async move {
            match order_account(id, order).await {
                Ok(()) => drop(toasts.tell(done(order, &name), Vec::new())),
                Err(error) => toasts.warn(error.to_string(), Vec::new()),
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

fn done(order: Order, name: &str) -> String {
    match order {
        Order::Disable => format!("“{name}” is disabled and logged out."),
        Order::Enable => format!("“{name}” may log in again."),
        Order::MakeAdmin => format!("“{name}” is an admin now."),
        Order::MakeMember => format!("“{name}” is a member now."),
        Order::LogOut => format!("“{name}” is logged out everywhere."),
    }
}
