//! Pictures of people: what is taken, what is made of it, and who sees it (`security.md` 58 for uploads).

use std::io::Cursor;

use docket::{domain::account::Visitor, error::AppError, server::pictures::Painter};
use image::{
    DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage, codecs::jpeg::JpegEncoder,
    metadata::Orientation,
};
use reqwest::{
    Response, StatusCode, header,
    multipart::{Form, Part},
};

use crate::support::{App, Browser, Page, location};

const PAGE: &str = "/settings/profile";

/// Sends a file as the form on the page does.
async fn upload(app: &App, browser: &Browser, file: Vec<u8>) -> Response {
    upload_as(app, browser, PAGE, file, "me.png", "image/png").await
}

async fn upload_as(app: &App, browser: &Browser, path: &str, file: Vec<u8>, name: &str, kind: &str) -> Response {
    let part = Part::bytes(file).file_name(name.to_owned()).mime_str(kind).unwrap();
    let request = browser.client.post(app.url(path)).header(header::ACCEPT, "text/html");
    let request = request.header(header::ORIGIN, app.url("")).header("sec-fetch-site", "same-origin");
    request.multipart(Form::new().part("picture", part)).send().await.unwrap()
}

/// Red on the left, blue on the right.
fn flag(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) })
}

fn file(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.into().write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

fn png(width: u32, height: u32) -> Vec<u8> {
    file(flag(width, height), ImageFormat::Png)
}

/// A PNG that says it is this large, and holds nothing.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png(1, 1);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    // The head has a checksum (PNG, 5.5; CRC-32).
    let crc = bytes[12..29].iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 })
    });
    bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
    bytes
}

/// Where the header of the page shows the picture.
async fn address(browser: &Browser) -> String {
    browser.page(PAGE).await.attributes("header img.portrait", "src").remove(0)
}

async fn message(answer: Response) -> String {
    let page = Page::of(answer).await;
    assert_eq!(page.attributes("#set-picture-picture, #set_picture-picture", "aria-invalid"), ["true"]);
    page.texts("[id$=picture-message]").concat()
}

#[tokio::test]
async fn a_picture_of_each_kind_becomes_a_small_square_whatever_its_name_says() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    assert_eq!(ada.page(PAGE).await.attributes("header .portrait", "data-initial"), ["A"]);
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif] {
        let image = DynamicImage::from(flag(640, 480));
        let answer = upload_as(&app, &ada, PAGE, file(image, format), "résumé.pdf", "application/pdf").await;
        assert_eq!(location(&answer), PAGE, "{format:?}");
        let answer = ada.get(&address(&ada).await).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let headers = answer.headers().clone();
        for (name, value) in [
            ("cache-control", "private, max-age=31536000, immutable"),
            ("content-security-policy", "default-src 'none'; sandbox; frame-ancestors 'none'"),
            ("content-disposition", "inline"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
        let bytes = answer.bytes().await.unwrap();
        assert!(bytes.len() < 20_000, "{format:?}: {}", bytes.len());
        let kind = image::guess_format(&bytes).unwrap();
        assert_eq!(headers["content-type"], kind.to_mime_type());
        let small = image::load_from_memory(&bytes).unwrap().to_rgb8();
        assert_eq!(small.dimensions(), (256, 256));
        assert!(small.get_pixel(10, 128).0[0] > 150 && small.get_pixel(245, 128).0[2] > 150);
    }
}

#[tokio::test]
async fn a_browser_that_has_the_picture_is_not_sent_it_again() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    upload(&app, &ada, png(300, 300)).await;
    let address = address(&ada).await;
    let tag = ada.get(&address).await.headers()["etag"].to_str().unwrap().to_owned();
    for tags in [tag.clone(), format!("\"other\", W/{tag}")] {
        let request = ada.client.get(app.url(&address)).header(header::IF_NONE_MATCH, tags);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(answer.headers()["etag"], tag);
        assert_eq!(answer.headers()["cache-control"], "private, max-age=31536000, immutable");
        assert!(answer.bytes().await.unwrap().is_empty());
    }
    let request = ada.client.get(app.url(&address)).header(header::IF_NONE_MATCH, "\"other\"");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn where_a_picture_was_taken_is_not_kept_and_it_stands_upright() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    // EXIF in little-endian TIFF: turned by 90 degrees; a GPS directory with a latitude reference; and a comment.
    let mut exif = b"II*\0\x08\0\0\0\x03\0".to_vec();
    exif.extend(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0");
    exif.extend(b"\x25\x88\x04\0\x01\0\0\0\x32\0\0\0");
    exif.extend(b"\x0e\x01\x02\0\x10\0\0\0\x44\0\0\0\0\0\0\0");
    exif.extend(b"\x01\0\x01\0\x02\0\x02\0\0\0N\0\0\0\0\0\0\0");
    exif.extend(b"my secret place\0");
    assert_eq!(Orientation::from_exif_chunk(&exif), Some(Orientation::Rotate90));
    let mut taken = Vec::new();
    let mut encoder = JpegEncoder::new(&mut taken);
    encoder.set_exif_metadata(exif).unwrap();
    encoder.encode_image(&flag(400, 300)).unwrap();
    let has = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
    assert!(has(&taken, b"my secret place") && has(&taken, b"Exif"));
    assert_eq!(location(&upload(&app, &ada, taken).await), PAGE);
    let kept = ada.get(&address(&ada).await).await.bytes().await.unwrap();
    assert!(!has(&kept, b"secret") && !has(&kept, b"Exif") && !has(&kept, b"EXIF"));
    // What was on the left is on top.
    let small = image::load_from_memory(&kept).unwrap().to_rgb8();
    assert!(small.get_pixel(128, 10).0[0] > 150 && small.get_pixel(128, 245).0[2] > 150);
}

#[tokio::test]
async fn what_somebody_hid_behind_a_picture_is_gone() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let mut polyglot = png(300, 300);
    polyglot.extend(b"<script>alert(1)</script>PK\x03\x04");
    assert_eq!(location(&upload(&app, &ada, polyglot).await), PAGE);
    let kept = ada.get(&address(&ada).await).await.bytes().await.unwrap();
    assert!(!kept.windows(6).any(|part| part == b"script"));
}

#[tokio::test]
async fn what_shines_through_still_does() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let ring = RgbaImage::from_fn(300, 300, |x, _| if x < 150 { Rgba([0, 0, 0, 0]) } else { Rgba([9, 99, 9, 255]) });
    upload(&app, &ada, file(ring, ImageFormat::Png)).await;
    let answer = ada.get(&address(&ada).await).await;
    assert_eq!(answer.headers()["content-type"], "image/webp");
    let small = image::load_from_memory(&answer.bytes().await.unwrap()).unwrap().to_rgba8();
    assert_eq!((small.get_pixel(5, 128).0[3], small.get_pixel(250, 128).0[3]), (0, 255));
}

#[tokio::test]
async fn what_is_no_picture_is_refused_at_its_field() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let cut = |mut bytes: Vec<u8>| {
        bytes.truncate(bytes.len() / 2);
        bytes
    };
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#.to_vec();
    let noise = RgbImage::from_fn(64, 64, |x, y| Rgb([x, y, x * y].map(|n| u8::try_from(n * 37 % 251).unwrap())));
    for (what, bytes, expected) in [
        ("SVG", svg, "Docket can't read this."),
        ("a page", b"<!doctype html><h1>me</h1>".to_vec(), "Docket can't read this."),
        ("BMP", b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0".to_vec(), "Docket can't read this."),
        ("noise", vec![0x5a; 100_000], "Docket can't read this."),
        ("half a PNG", cut(file(noise.clone(), ImageFormat::Png)), "This picture is damaged."),
        ("half a WebP", cut(file(noise, ImageFormat::WebP)), "This picture is damaged."),
        ("the head of a JPEG", b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec(), "This picture is damaged."),
        ("the head of a GIF", b"GIF89a".to_vec(), "This picture is damaged."),
        ("nothing", Vec::new(), "Choose a picture first."),
    ] {
        let answer = upload(&app, &ada, bytes).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{what}");
        let message = message(answer).await;
        assert!(message.starts_with(expected), "{what}: {message}");
    }
    assert_eq!(app.value("select count(*) from pictures").await, "0");
}

#[tokio::test]
async fn a_picture_that_would_fill_the_memory_is_refused_before_it_is_looked_at() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let gif = b"GIF89a\xff\xff\xff\xff\0\0\0\x2c\0\0\0\0\xff\xff\xff\xff\0\x02\0\x3b".to_vec();
    for bytes in [bomb(50_000, 50_000), bomb(6_001, 1), bomb(1, 6_001), bomb(5_999, 5_999), gif] {
        let answer = upload(&app, &ada, bytes).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(message(answer).await.starts_with("This picture is too large."));
    }
    // The same head with a fitting size is only damaged: it was the size that counted.
    assert!(message(upload(&app, &ada, bomb(100, 100)).await).await.starts_with("This picture is damaged."));
    // One such as a telephone takes is fine.
    assert_eq!(location(&upload(&app, &ada, file(RgbImage::new(5_712, 4_284), ImageFormat::Png)).await), PAGE);
}

#[tokio::test]
async fn too_many_bytes_are_refused_in_words_and_no_other_form_takes_more_than_before() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let padded = |length: usize| {
        let mut bytes = png(300, 300);
        bytes.resize(length, 0);
        bytes
    };
    assert_eq!(location(&upload(&app, &ada, padded(4 * 1024 * 1024)).await), PAGE);
    let answer = upload(&app, &ada, padded(5 * 1024 * 1024)).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(message(answer).await, "This file has more than 4 MB. Choose a smaller one.");
    // So long that it isn't even read.
    let endless = || {
        let head = "--b\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"x\"\r\n\r\n";
        let chunks = (0..100).map(move |number| {
            Ok::<_, std::io::Error>(if number == 0 { head.as_bytes().to_vec() } else { vec![0; 1024 * 1024] })
        });
        reqwest::Body::wrap_stream(futures::stream::iter(chunks))
    };
    for path in [PAGE, "/settings/security", "/fn/add_task", "/fn/set_name", "/settings/data"] {
        let request = ada.client.post(app.url(path)).header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        // The server may have hung up before everything was sent.
        if let Ok(answer) = request.body(endless()).send().await {
            let expected: &[u16] = match path {
                PAGE => &[413],
                // They read nothing of what they don't understand.
                _ => &[400, 413, 415],
            };
            assert!(expected.contains(&answer.status().as_u16()), "{path}: {}", answer.status());
        }
    }
    for (path, size) in [("/settings/security", 100), ("/fn/set_name", 100), (PAGE, 30_000)] {
        let answer = upload_as(&app, &ada, path, padded(size * 1024), "x.png", "image/png").await;
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
    // A form without a file on the very same page has the limit of forms.
    let answer = ada.submit(PAGE, "/fn/set_name", &[("name", &"x".repeat(100_000))]).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(ada.is_logged_in().await);
}

#[tokio::test]
async fn a_form_with_a_file_is_for_one_page_and_comes_from_our_own() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let answer = upload_as(&app, &ada, "/tasks", png(30, 30), "me.png", "image/png").await;
    assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let part = || Form::new().part("picture", Part::bytes(png(30, 30)).file_name("me.png"));
    for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let request = ada.client.post(app.url(PAGE)).header(name, value).multipart(part());
        assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let broken = ada.client.post(app.url(PAGE)).header(header::CONTENT_TYPE, "multipart/form-data").body("x");
    assert_eq!(broken.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    let broken =
        ada.client.post(app.url(PAGE)).header(header::CONTENT_TYPE, "multipart/form-data; boundary=b").body("x");
    assert_eq!(broken.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    let answer = upload(&app, &app.visitor(), png(30, 30)).await;
    assert!(location(&answer).starts_with("/login"));
    assert_eq!(app.value("select count(*) from pictures").await, "0");
}

#[tokio::test]
async fn a_picture_is_shown_to_who_is_logged_in_and_gone_when_it_is_removed() {
    let app = App::start().await;
    let (ada, eve) = (app.person("ada").await, app.person("eve").await);
    upload(&app, &ada, png(300, 300)).await;
    upload(&app, &eve, png(300, 300)).await;
    let first = address(&ada).await;
    assert_eq!(first, address(&eve).await, "the same picture has the same address");
    assert_eq!(app.visitor().get(&first).await.status(), StatusCode::UNAUTHORIZED);
    for path in [&*format!("/pictures/{}", "0".repeat(64)), "/pictures/x", "/pictures/%00", "/pictures/%ff"] {
        let status = eve.get(path).await.status();
        assert!(status.is_client_error(), "{path}: {status}");
    }
    upload(&app, &ada, png(100, 300)).await;
    let second = address(&ada).await;
    assert_ne!(first, second);
    assert_eq!(ada.get(&second).await.status(), StatusCode::OK);
    // Eve's is still hers.
    assert_eq!(ada.get(&first).await.status(), StatusCode::OK);
    assert_eq!(location(&eve.submit(PAGE, "/fn/remove_picture", &[("form_next", PAGE)]).await), PAGE);
    assert_eq!(ada.get(&first).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(eve.page(PAGE).await.attributes("header .portrait", "data-initial"), ["E"]);
    let answer = eve.call("current_user", &[]).await.text().await.unwrap();
    assert_eq!(serde_json::from_str::<Visitor>(&answer).unwrap().user.unwrap().image, None);
    // Removing it again is fine.
    assert_eq!(eve.call("remove_picture", &[]).await.status(), StatusCode::OK);
    assert_eq!(app.value("select count(*) from pictures").await, "1");
}

#[tokio::test]
async fn who_comes_while_too_many_pictures_are_looked_at_is_asked_to_try_again() {
    assert_eq!(Painter::new(0).paint(png(10, 10)).await, Err(AppError::Unavailable));
}
