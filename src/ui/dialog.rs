//! Dialogs: the browser's own. The rest of the page can't be reached while one is open, Escape closes it, and the focus goes back to where
//! it was; all of that is `showModal` (HTML, "The dialog element"). They open by scripts, so without scripts there is none.

use leptos::{
    ev::{Custom, Event, MouseEvent, PointerEvent},
    html,
    prelude::*,
};

use super::{
    form::keep_focus,
    icon::{Icon, IconName},
    locale::use_texts,
};

/// A dialog. What is in it is made anew each time it opens, with the focus on what has `autofocus`, or else on the first thing that can have it.
///
/// Closing it is `open.set(false)`; the focus then goes back to what had it before. Who wants it elsewhere calls [`super::form::focus`]
/// after that.
#[component]
pub fn Dialog(
    /// Whether it is open. Escape, the button and a click beside it set it to `false`.
    open: RwSignal<bool>,
    /// What it is about.
    label: &'static str,
    /// Whether the label stands above it, with a button that closes it.
    #[prop(optional)]
    headed: bool,
    /// For the style sheet.
    #[prop(default = "")]
    class: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let children = StoredValue::new(children);
    let close = use_texts().common.close;
    // Whether the pointer went down beside it: who selects text and ends outside means to select.
    let beside = StoredValue::new(false);
    let on_pointerdown = move |event: PointerEvent| beside.set_value(is_itself(&event));
    let on_click = move |event: MouseEvent| {
        if beside.get_value() && is_itself(&event) {
            open.set(false);
        }
    };
    // By the time that this is said, it may be open again.
    let on_close = move |_| {
        if dialog.get_untracked().is_none_or(|dialog| !dialog.open()) {
            open.set(false);
        }
    };
    Effect::new(move |_| {
        let shown = dialog.get().filter(|dialog| !open.get() && dialog.open());
        if let Some(dialog) = shown {
            dialog.close();
            keep_focus();
        }
    });
    view! {
        <dialog
            class=class
            aria-label=label
            node_ref=dialog
            on:close=on_close
            on:pointerdown=on_pointerdown
            on:click=on_click
        >
            <Show when=move || open.get()>
                <Inside dialog open>
                    {headed.then(|| view! {
                        <header class="dialog-head">
                            <h2>{label}</h2>
                            <button type="button" class="icon" aria-label=close on:click=move |_| open.set(false)>
                                <Icon name=IconName::Close />
                            </button>
                        </header>
                    })}
                    {children.with_value(|children| children())}
                </Inside>
            </Show>
        </dialog>
    }
}

/// What is in it. The dialog is shown once this is on the page, because that is when the browser looks for what gets the focus.
#[component]
fn Inside(dialog: NodeRef<html::Dialog>, open: RwSignal<bool>, children: Children) -> impl IntoView {
    Effect::new(move |_| {
        let Some(dialog) = dialog.get_untracked().filter(|dialog| !dialog.open()) else { return };
        // Escape, or a phone's way back. The browser says `close` a frame after it has closed, and leaves the focus in what can't be seen any
        // more until then; this is said before, so that the next key is for the page.
        let cancelled = dialog.on(Custom::new("cancel"), move |event: Event| {
            if is_itself(&event) {
                open.set(false);
            }
        });
        on_cleanup(move || drop(cancelled));
        let _ = dialog.show_modal();
    });
    view! { <div class="dialog-body">{children()}</div> }
}

/// Whether an event happened on the dialog, and on nothing in it: only what is beside its body is itself.
fn is_itself(event: &Event) -> bool {
    event.target() == event.current_target()
}
