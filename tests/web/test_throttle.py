import pytest

from engage import create_app
from engage.config import Settings
from engage.web.throttle import SignInThrottle


@pytest.mark.service
def test_tries_are_counted_over_all_processes(settings: Settings, redis_url: str):
    settings.redis = redis_url
    for _process in range(2):
        with create_app(settings).app_context():
            for _try in range(5):
                assert SignInThrottle("alice@example.com", "192.0.2.1").minutes_to_wait() == 0
    with create_app(settings).app_context():
        assert 14 <= SignInThrottle("alice@example.com", "192.0.2.1").minutes_to_wait() <= 15


@pytest.mark.usefixtures("app")
def test_an_account_is_guarded_against_many_addresses():
    waits = [
        SignInThrottle("alice@example.com", f"192.0.2.{number}").minutes_to_wait()
        for number in range(101)
    ]
    assert waits[:100] == [0] * 100
    assert waits[100] > 0


@pytest.mark.usefixtures("app")
def test_one_address_alone_cannot_use_up_an_account():
    waits = [SignInThrottle("alice@example.com", "192.0.2.1").minutes_to_wait() for _ in range(200)]
    assert waits.count(0) == 10
    assert SignInThrottle("alice@example.com", "192.0.2.2").minutes_to_wait() == 0


@pytest.mark.usefixtures("app")
def test_an_address_is_guarded_against_many_accounts():
    waits = [
        SignInThrottle(f"{number}@example.com", "192.0.2.1").minutes_to_wait()
        for number in range(301)
    ]
    assert waits[:300] == [0] * 300
    assert waits[300] > 0


@pytest.mark.usefixtures("app")
def test_addresses_of_one_ipv6_customer_are_one() -> None:
    def wait(address: str) -> int:
        return SignInThrottle("alice@example.com", address).minutes_to_wait()

    assert [wait(f"2001:db8:1:2:{number:x}::1") for number in range(10)] == [0] * 10
    assert wait("2001:db8:1:2:ffff::1") > 0
    assert wait("2001:db8:1:3::1") == 0, "the neighbour's"
    mapped = [wait(f"::ffff:192.0.2.{number}") for number in range(11)]
    assert not any(mapped), "IPv4 in IPv6 is told apart as IPv4 is"
