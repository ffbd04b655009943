use reqwest::Method;

use crate::app::{Answer, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_led_to_the_sign_in_page() {
    let app = TestApp::start().await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = Answer::of(client.get(format!("{}/payments", app.url)).header("accept", "text/html")).await;
    assert!(answer.status.is_redirection(), "{}", answer.text);
    assert_eq!(answer.header("location"), "/sign-in?next=%2Fpayments");
    let page = app.stranger().get("//sign-in").await.is(200);
    assert!(page.text.contains("Sign in"));
    assert_eq!(page.header("cache-control"), "no-store");
    app.stranger().get("//no-such-page").await.is(404);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_with_hashed_names_are_kept_and_others_are_asked_for_again() {
    let files = tempfile::tempdir().unwrap();
    let site = files.path().join("target/site");
    std::fs::create_dir_all(site.join("pkg")).unwrap();
    std::fs::write(site.join("hash.txt"), "js: abc\nwasm: def\ncss: ghi\n").unwrap();
    std::fs::write(site.join("pkg/duebook.abc.js"), "export default 1;").unwrap();
    std::fs::write(site.join("sw.js"), "// a worker").unwrap();
    std::fs::write(files.path().join("secret.txt"), "not for you").unwrap();
    let app = TestApp::with_files(files, |_| ()).await;
    let stranger = app.stranger();
    let script = stranger.get("//pkg/duebook.abc.js").await.is(200);
    assert!(script.header("cache-control").contains("immutable"));
    assert!(script.header("content-type").contains("javascript"));
    let worker = stranger.get("//sw.js").await.is(200);
    assert_eq!(worker.header("cache-control"), "no-cache");
    stranger.get("//hash.txt").await.is(404);
    stranger.get("//pkg/nothing.js").await.is(404);
    for path in ["/../secret.txt", "/%2e%2e/secret.txt", "/pkg/..%2f..%2fsecret.txt", "/..%5csecret.txt"] {
        let request = stranger.client.request(Method::GET, format!("{}{path}", app.url));
        assert!(!Answer::of(request).await.text.contains("not for you"), "{path}");
    }
    let page = stranger.get("//sign-in").await.is(200);
    assert!(page.text.contains("duebook.abc"), "the page names the built script: {}", page.text);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_function_of_another_site_is_refused() {
    let app = TestApp::start().await;
    let request = app
        .stranger()
        .client
        .post(format!("{}/fn/anything", app.url))
        .header("origin", "https://evil.example");
    Answer::of(request).await.problem(403, "foreign_origin");
    let large =
        app.stranger().client.post(format!("{}/fn/anything", app.url)).body("x".repeat(2 * 1024 * 1024));
    Answer::of(large).await.problem(413, "too_large");
    app.finish().await;
}
