//! Words, as people type them, and what they find.

use proptest::prelude::*;

use crate::support::{App, Browser, for_all};

/// `/tasks` with this search.
fn search(text: &str) -> String {
    format!("/tasks?{}", form_urlencoded::Serializer::new(String::new()).append_pair("q", text).finish())
}

async fn found(browser: &Browser, text: &str) -> String {
    let mut titles = browser.titles(&search(text)).await;
    titles.sort();
    titles.join(", ")
}

#[tokio::test]
async fn a_word_is_found_while_it_is_typed_and_in_its_other_forms() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let eve = app.person("eve").await;
    eve.add("Water the garden of eve").await;
    for (title, description) in [
        ("Water the garden", ""),
        ("Gardening books", "for running plants"),
        ("Run the tests", "boxes"),
        ("a-b_c d.e@example.org", "https://example.org/path?x=1"),
        ("Milk/bread.Next step", "Anna@Bob"),
    ] {
        ada.add_with(title, description).await;
    }
    for (text, expected) in [
        ("gar", "Gardening books, Water the garden"),
        ("GARDEN", "Gardening books, Water the garden"),
        ("wat gar", ""),
        ("water gar", "Water the garden"),
        ("gar water", ""),
        ("garden water", "Water the garden"),
        ("gardening", "Gardening books, Water the garden"),
        ("running", "Gardening books, Run the tests"),
        ("test", "Run the tests"),
        ("box", "Run the tests"),
        ("the", "Run the tests, Water the garden"),
        ("water the garden", "Water the garden"),
        ("water books", ""),
        ("arden", ""),
        ("d.e@example.org", "a-b_c d.e@example.org"),
        ("example.org", "a-b_c d.e@example.org"),
        ("a-b", "a-b_c d.e@example.org"),
        ("path", "a-b_c d.e@example.org"),
        ("bread", "Milk/bread.Next step"),
        ("next", "Milk/bread.Next step"),
        ("bob", "Milk/bread.Next step"),
        ("zebra", ""),
    ] {
        assert_eq!(found(&ada, text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn words_of_every_script_are_found_by_their_beginning_and_in_any_case() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    for title in [
        "Позвонить маме",
        "Straße fegen",
        "Übung macht den Meister",
        "مراجعة التقرير",
        "שלום עולם",
        "買い物リスト",
        "字",
        "Ελληνικά μαθήματα",
        "한국어 공부",
        "İstanbul ışık",
        "हिन्दी सीखो",
        "ไทย",
    ] {
        ada.add(title).await;
    }
    for (text, expected) in [
        ("позв", "Позвонить маме"),
        ("ПОЗВОНИТЬ", "Позвонить маме"),
        ("мам", "Позвонить маме"),
        ("straß", "Straße fegen"),
        ("übu", "Übung macht den Meister"),
        ("ÜBUNG", "Übung macht den Meister"),
        ("مراج", "مراجعة التقرير"),
        ("עול", "שלום עולם"),
        ("買い", "買い物リスト"),
        ("字", "字"),
        ("μαθή", "Ελληνικά μαθήματα"),
        ("ΕΛΛΗΝΙΚΆ", "Ελληνικά μαθήματα"),
        ("한국", "한국어 공부"),
        ("ışı", "İstanbul ışık"),
        ("हिन्", "हिन्दी सीखो"),
        ("ไท", "ไทย"),
    ] {
        assert_eq!(found(&ada, text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn a_letter_with_an_accent_is_found_however_it_is_written() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    ada.add("cafe\u{301} one").await;
    ada.add("caf\u{e9} two").await;
    ada.add("ｔｅａ ﬁne").await;
    for text in ["caf\u{e9}", "cafe\u{301}", "CAFE\u{301}"] {
        assert_eq!(found(&ada, text).await, "cafe\u{301} one, caf\u{e9} two", "{text}");
    }
    for text in ["tea", "ｔｅ", "fine", "ﬁne"] {
        assert_eq!(found(&ada, text).await, "ｔｅａ ﬁne", "{text}");
    }
}

#[tokio::test]
async fn emoji_and_signs_can_be_searched_for() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    for (title, description) in
        [("Party 🎉", ""), ("100 % sure", ""), ("under_score", ""), ("Cake", "with 🎉🎂"), ("👩‍👩‍👧 day", "")]
    {
        ada.add_with(title, description).await;
    }
    for (text, expected) in [
        ("🎉", "Cake, Party 🎉"),
        ("🎉🎂", "Cake"),
        ("%", "100 % sure"),
        ("_", "under_score"),
        ("👩‍👩‍👧", "👩‍👩‍👧 day"),
        ("🎈", ""),
        ("party 🎉", "Party 🎉"),
        ("\\", ""),
    ] {
        assert_eq!(found(&ada, text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn what_was_found_is_marked_where_it_stands() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    ada.add_with("Tea with <b>Grace</b> & tea", "nothing").await;
    let long = format!("{} a word about running {}", "before ".repeat(40), "after ".repeat(40));
    ada.add_with("Plain", &long).await;
    let page = ada.page("/tasks?q=tea").await;
    assert_eq!(page.texts(".task-title mark"), ["Tea", "tea"]);
    assert_eq!(page.texts(".task-title"), ["Tea with <b>Grace</b> & tea"]);
    let page = ada.page("/tasks?q=run").await;
    assert_eq!(page.texts(".task-title"), ["Plain"]);
    assert_eq!(page.texts(".task-description mark"), ["running"]);
    assert!(page.texts(".task-description")[0].len() < 300, "the whole description is shown");
    assert!(ada.page("/tasks").await.texts("mark").is_empty());
    assert_eq!(ada.page("/tasks?q=grace&sort=title").await.texts("mark"), ["Grace"]);
}

#[tokio::test]
async fn a_match_in_the_title_comes_before_one_in_the_description() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    ada.add_with("Invoice for Grace", "").await;
    ada.add_with("Call Grace", "about the invoice, invoice, invoice").await;
    ada.add_with("Something else", "an invoice").await;
    assert_eq!(ada.titles("/tasks?q=invoice").await, ["Invoice for Grace", "Call Grace", "Something else"]);
    assert_eq!(
        ada.titles("/tasks?q=invoice&sort=created_at").await,
        ["Invoice for Grace", "Call Grace", "Something else"]
    );
    assert_eq!(
        ada.titles("/tasks?q=invoice&sort=-created_at").await,
        ["Something else", "Call Grace", "Invoice for Grace"]
    );
}

#[tokio::test]
async fn matches_have_pages_too() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    app.sql(
        "insert into tasks (id, user_id, title, description, position)
         select gen_random_uuid(), id, 'match ' || n, repeat('match ', n % 5) || 'x', lpad(to_hex(n), 24, '0')
         from users, generate_series(1, 130) as n",
    )
    .await;
    let mut shown = crate::finding::pages(&ada, "/tasks?q=match&limit=25").await;
    assert_eq!(shown.len(), 130);
    shown.sort();
    shown.dedup();
    assert_eq!(shown.len(), 130);
}

#[tokio::test]
async fn what_was_found_has_the_order_of_the_whole_list() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    app.sql(
        "insert into tasks (id, user_id, title, position, status, completed_at, priority, due_date, updated_at)
         select gen_random_uuid(), id, (array['match ', 'Match Ä', 'MATCH z', '_match '])[1 + n % 4] || n % 20,
             lpad(to_hex(n * 7919 % 97 + 1), 24, '0'),
             (array['pending', 'in_progress', 'completed'])[1 + n % 3]::task_status, case when n % 3 = 2 then now() end,
             (array['low', 'medium', 'high', 'urgent'])[1 + n % 4]::task_priority, case when n % 5 > 0 then date '2026-11-15' + n % 12 end,
             now() - n % 11 * interval '1 hour'
         from users, generate_series(1, 130) as n",
    )
    .await;
    for key in ["position", "created_at", "due_date", "priority", "title", "updated_at"] {
        for direction in ["", "-"] {
            for filter in ["", "&status=open", "&status=in_progress", "&priority=high"] {
                let url = format!("/tasks?sort={direction}{key}&limit=25{filter}");
                // Their ids, as many have the same title.
                let all = crate::finding::in_order(&ada, &url).await;
                assert!(all.len() > 30, "{url}");
                assert_eq!(crate::finding::in_order(&ada, &format!("{url}&q=match")).await, all, "{url}");
            }
        }
    }
}

#[test]
fn no_search_fails_whatever_is_typed() {
    let signs = "[a-zé0-9'\"\\\\!&|<>():*\\-+~%_;,./@ ＇＼＂｀´‘’“”⁄½²＆｜！（）：\u{301}\u{200d}\u{e000}\u{e001}\u{fdfa}🎉字]{0,24}";
    let text = prop_oneof![3 => signs, 2 => "\\PC{0,24}", 1 => ".{0,250}"];
    let prepare = async {
        let app = App::start().await;
        let ada = app.person("ada").await;
        ada.add_with("It's a \"title\" & <more> \\ ＇", "O'Reilly's | books: !*").await;
        (app, ada)
    };
    for_all(500, text, prepare, async |(_app, ada), text| {
        let url = search(&text);
        ada.list(&url).await;
        ada.list(&format!("{url}&sort=title")).await;
    });
}

#[tokio::test]
async fn whatever_a_task_is_called_it_is_found_by_its_words_and_the_page_shows_it() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    for (title, text) in [
        ("It's O'Reilly's", "o'reilly"),
        ("back\\slash", "back\\slash"),
        ("full＇width", "full＇width"),
        ("full＼width", "full＼width"),
        ("a \"quoted phrase\"", "\"quoted"),
        ("rock & roll | jazz", "rock & roll"),
        ("not !this", "!this"),
        ("star*", "star*"),
        ("colon: here", "colon:"),
        ("(brackets)", "(brackets)"),
        ("<tag>", "<tag>"),
        ("\u{e000}marks\u{e001} own", "marks"),
    ] {
        ada.add(title).await;
        let page = ada.page(&search(text)).await;
        assert!(page.texts(".task-title").contains(&title.to_owned()), "{text}: {:?}", page.texts(".task-title"));
    }
    // The longest there is, of the letter that becomes the most others.
    for letter in ["\u{fdfa}", "x", "字", "😀"] {
        let title = letter.repeat(200);
        ada.add_with(&title, &letter.repeat(1_000)).await;
        let titles = ada.titles(&search(&title)).await;
        assert!(titles.contains(&title), "{letter}");
    }
}

#[tokio::test]
async fn a_word_that_is_longer_than_postgresql_takes_is_kept_and_found() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    for letter in ["字", "x", "㌀"] {
        let text = letter.repeat(1_000);
        ada.add_with(letter, &text).await;
        assert_eq!(found(&ada, &letter.repeat(100)).await, letter, "{letter}");
    }
}
