//! Where it is listened, to whom, and for how long.

use std::{
    io::Write as _,
    net::{TcpListener, TcpStream},
};

use kms_tests::{
    cloud::Cloud,
    daemon::{Finished, Running},
    scrape::Endpoint,
};

use super::{ETH_POLL, home, start};

fn refused(arguments: &[&str]) -> Finished {
    let cloud = Cloud::start();
    let home = home();
    let mut command = home.daemon(&cloud);
    command.arg("--testnet").args(arguments);
    let done = Running::start(command).finish();
    assert_eq!(cloud.requests().len(), 0, "{arguments:?} polled");
    done
}

#[test]
fn what_other_machines_could_reach_is_refused_unless_it_is_wanted() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.7:9464"] {
        let done = refused(&[&format!("--metrics-addr={address}")]);
        assert_eq!(done.code(), Some(2), "{done:?}");
        assert!(
            done.stderr.contains("can be reached from other machines"),
            "{done:?}"
        );
        assert!(done.stderr.contains("--metrics-allow-remote"), "{done:?}");
    }
    let cloud = Cloud::start();
    let home = home();
    let mut command = home.daemon(&cloud);
    command.args([
        "--testnet",
        "--metrics-addr=0.0.0.0:0",
        "--metrics-allow-remote",
    ]);
    let daemon = Running::start(command);
    let port = Endpoint::of(&daemon)
        .address
        .replace("0.0.0.0", "127.0.0.1");
    assert_eq!(Endpoint { address: port }.get("/livez").status, 200);
}

#[test]
fn what_is_no_address_is_wrong_usage() {
    for arguments in [
        &["--metrics-addr=9464"] as &[&str],
        &["--metrics-addr=metrics.example.com:9464"],
        &["--metrics-addr=localhost:70000"],
        &["--metrics-allow-remote"],
    ] {
        let done = refused(arguments);
        assert_eq!(done.code(), Some(2), "{done:?}");
    }
}

#[test]
fn an_address_in_use_is_an_error_before_anything_is_polled() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let done = refused(&[&format!("--metrics-addr={address}")]);
    assert_eq!(done.code(), Some(1), "{done:?}");
    assert!(
        done.stderr
            .contains(&format!("cannot listen on --metrics-addr {address}")),
        "{done:?}"
    );
    assert!(done.stderr.contains("choose another port"), "{done:?}");
}

#[test]
fn nothing_listens_unless_it_is_asked_for() {
    let cloud = Cloud::start();
    let home = home();
    let mut command = home.daemon(&cloud);
    command.args(["--testnet", "--log-level=debug"]);
    let daemon = Running::start(command);
    cloud.wait_for_requests(2, "POST", ETH_POLL);
    let done = daemon.stop();
    assert!(
        !done.stderr.contains("metrics and health are served"),
        "{}",
        done.stderr
    );
}

#[test]
fn only_three_pages_are_read_and_nothing_else_is_done() {
    let cloud = Cloud::start();
    let home = home();
    let (daemon, endpoint) = start(&home, &cloud);
    assert_eq!(endpoint.get("/").status, 404);
    assert_eq!(endpoint.get("/metrics/../etc/passwd").status, 404);
    for method in ["POST", "PUT", "DELETE", "HEAD"] {
        let request = format!("{method} /metrics HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
        let page = endpoint.ask(&request);
        assert_eq!(page.status, 405, "{method}: {page:?}");
        assert_eq!(page.headers["allow"], "GET");
    }
    assert_eq!(endpoint.ask("nonsense\r\n\r\n").status, 400);
    let endless = format!(
        "GET /metrics HTTP/1.1\r\nx: {}\r\n\r\n",
        "a".repeat(1 << 20)
    );
    assert_ne!(endpoint.ask(&endless).status, 200);
    let page = endpoint.get("/metrics");
    assert_eq!(page.status, 200);
    assert!(page.headers["content-type"].starts_with("text/plain; version=0.0.4"));
    assert_eq!(daemon.stop().code(), Some(0));
}

/// More silent clients than are served at a time: whoever comes after them waits until they are
/// sent away, and is answered.
#[test]
fn silent_clients_do_not_keep_others_out_for_ever() {
    let cloud = Cloud::start();
    let home = home();
    let (daemon, endpoint) = start(&home, &cloud);
    let silent: Vec<TcpStream> = (0..40)
        .map(|number| {
            let mut stream = TcpStream::connect(&endpoint.address).unwrap();
            if number % 2 == 0 {
                stream.write_all(b"GET /metrics HTTP/1.1\r\nhost:").unwrap();
            }
            stream
        })
        .collect();
    assert_eq!(endpoint.get("/metrics").status, 200);
    let polls = cloud.look(|state| state.requests_to("POST", ETH_POLL).count());
    assert!(polls > 0, "the daemon polls beside them");
    drop(silent);
    assert_eq!(daemon.stop().code(), Some(0));
}
