use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::gateway_serves_services::{bench, values};

#[tokio::test]
async fn commands_run_in_the_tenants_containers() {
    let bench = bench(34).await;
    assert!(bench.services.book.enter(&bench.lease).is_some());
    assert_eq!(bench.put(7, &bench.token(1), &bench.json).await.0, 202);
    bench.start().await;
    let exec = async |query: &str, stdin: &str| {
        let path = format!("/lease/7/1/1/exec?{query}");
        let response = bench.request("POST", &path, &bench.token(1)).body(stdin.to_string()).send().await.unwrap();
        (response.status().as_u16(), values(&response.text().await.unwrap()))
    };
    let (status, lines) = exec("service=web&cmd=sh&cmd=-c&cmd=cat;echo+oops+%3E%262;exit+5", "some input").await;
    assert_eq!(status, 200);
    let of = |stream: &str| -> String {
        let own = lines.iter().filter(|line| line["stream"] == stream);
        own.map(|l| String::from_utf8(STANDARD.decode(l["data"].as_str().unwrap()).unwrap()).unwrap()).collect()
    };
    assert_eq!((of("stdout").as_str(), of("stderr").as_str()), ("some input", "oops\n"));
    assert_eq!(lines.last().unwrap(), &json!({"exit_code": 5}));
    assert_eq!(exec("service=web&instance=4&cmd=ls", "").await.0, 404);
    for bad in ["service=web", "cmd=ls", "service=web&cmd=ls&pty=1", "service=web&instance=x&cmd=ls"] {
        assert_eq!(exec(bad, "").await.0, 400, "{bad}");
    }
    let path = "/lease/7/1/1/exec?service=web&cmd=ls";
    let stranger = bench.request("POST", path, &bench.token(2)).send().await.unwrap();
    assert_eq!(stranger.status().as_u16(), 404, "his lease 7 is not here");
}

#[tokio::test]
async fn a_shell_answers_while_it_is_typed_to() {
    let bench = bench(37).await;
    assert!(bench.services.book.enter(&bench.lease).is_some());
    assert_eq!(bench.put(7, &bench.token(1), &bench.json).await.0, 202);
    bench.start().await;
    let (mut keys, far) = tokio::io::duplex(1024);
    let typed = reqwest::Body::wrap_stream(tokio_util::io::ReaderStream::new(far));
    let path = "/lease/7/1/1/exec?service=web&tty=true&cmd=sh";
    let mut shell = bench.request("POST", path, &bench.token(1)).body(typed).send().await.unwrap();
    let mut screen = String::new();
    for (typed, shown) in
        [("echo $((6*7))", "42\r\n"), ("[ -t 0 ] && echo a terminal", "a terminal\r\n"), ("exit 3", "exit_code")]
    {
        keys.write_all(format!("{typed}\n").as_bytes()).await.unwrap();
        while !screen.contains(shown) {
            let chunk = shell.chunk().await.unwrap().unwrap_or_else(|| panic!("it ended with {screen}"));
            for line in values(std::str::from_utf8(&chunk).unwrap()) {
                match line["data"].as_str() {
                    Some(data) => screen += &String::from_utf8(STANDARD.decode(data).unwrap()).unwrap(),
                    None => screen += &line.to_string(),
                }
            }
        }
    }
    assert!(screen.ends_with("{\"exit_code\":3}"), "{screen}");
}
