//! Texts come back byte for byte, whatever they are made of.

use crate::support::{App, Page};

fn corpus() -> Vec<String> {
    let own = [
        "caf\u{e9}",
        "cafe\u{301}",
        "\u{1100}\u{1161}\u{11a8}",
        "\u{ac01}",
        "שלום world עולם",
        "مرحبا \u{202e}reversed\u{202c} end",
        "\u{200f}right to left mark",
        "👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 👍🏽",
        "ﬁ ½ ² Ⅷ ｔｅａ ＇ ＼",
        "zero\u{200b}width\u{200d}join\u{feff}er",
        "  inner  spaces\tand tab  ".trim(),
        "a\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}",
        "\u{10ffff}\u{e000}\u{fffd}",
        "'; drop table tasks; --",
        "\\0 \\n %s {} ${x} {{x}}",
    ];
    let long =
        ["x", "é", "e\u{301}", "字", "😀", "\u{fdfa}", "ש"].map(|letter| letter.repeat(200 / letter.chars().count()));
    own.into_iter().map(str::to_owned).chain(long).collect()
}

#[tokio::test]
async fn a_text_is_kept_byte_for_byte_through_everything_that_can_be_done_with_a_task() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    for text in corpus() {
        let task = ada.add_fields(&[("title", &text), ("description", &text)]).await;
        let id = task.id.to_string();
        let bytes = || async {
            let query = format!(
                "select encode(convert_to(title, 'utf8'), 'hex') || ' ' || encode(convert_to(description, 'utf8'), 'hex') from tasks where id = '{id}'"
            );
            app.value(&query).await
        };
        let hex = text.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let expected = format!("{hex} {hex}");
        assert_eq!(bytes().await, expected, "{text}");
        let fields = [("id", &*id), ("version", "1"), ("title", "other"), ("description", "other")];
        let edited = ada.change("edit_task", &fields).await;
        ada.undo(edited.change).await;
        assert_eq!(bytes().await, expected, "{text}: taken back");
        let trashed = ada.change("trash_tasks", &[("ids[0]", &id)]).await;
        assert_eq!(ada.page("/trash").await.texts(".task-title"), [text.as_str()]);
        ada.undo(trashed.change).await;
        assert_eq!(bytes().await, expected, "{text}: from the trash");
        // On every page that shows it.
        assert_eq!(ada.list("/tasks").await.tasks[0].title.as_str(), text);
        for path in ["/tasks", "/board"] {
            assert_eq!(ada.page(path).await.texts(".task-title")[0], text, "{path}");
        }
        let page = ada.page(&format!("/tasks/{id}")).await;
        assert_eq!(page.texts("h1"), [text.as_str()]);
        assert_eq!(page.attributes(".editor input[name=title]", "value"), [text.as_str()]);
        assert_eq!(page.texts(".editor textarea"), [text.as_str()]);
        assert!(page.texts(".history ins").contains(&text));
        // A save that changes nothing changes nothing.
        let (_, fields) = page.forms("form.editor").remove(0);
        let fields: Vec<_> = fields.iter().skip(1).map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let version = ada.detail(&id).await.task.version;
        let answer = ada.submit(&format!("/tasks/{id}"), "/fn/edit_task", &fields).await;
        assert!(answer.status().is_redirection(), "{}", Page::of(answer).await.text);
        assert_eq!(ada.detail(&id).await.task.version, version, "{text}");
        ada.change("trash_tasks", &[("ids[0]", &id)]).await;
        app.sql("delete from tasks").await;
    }
}

#[tokio::test]
async fn each_text_has_the_direction_of_its_own_script() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let id = ada.add_with("שלום", "مرحبا").await;
    let list = ada.page("/tasks").await;
    for selector in [".task-title", ".task-description"] {
        assert_eq!(list.attributes(selector, "dir"), ["auto"], "{selector}");
    }
    assert_eq!(ada.page(&format!("/tasks/{id}")).await.attributes("h1", "dir"), ["auto"]);
}
