"""The containers are as confined as the services of an installation are."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from settings_of import all_settings

import geo_api

ROOT = Path(geo_api.__file__).parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# Made once, then ended.
ONCE = {"certificate"}
# An image of ours, or of others, that names a user who is not root.
UNPRIVILEGED_IMAGES = ("minqing", "nginxinc/nginx-unprivileged:")


def volumes_of(service: dict[str, Any]) -> list[list[str]]:
    """The parts of each mount, the source first; a variable stands for its default."""
    return [
        re.sub(r"\$\{\w+:-(\w+)\}", r"\1", volume).split(":")
        for volume in service.get("volumes", [])
    ]


each = pytest.mark.parametrize("name", SERVICES)


def test_database_service_worker_and_proxy_are_there() -> None:
    assert {"postgis", "app", "worker", "nginx"} <= set(SERVICES)


@each
def test_it_is_not_root_and_cannot_become_it(name: str) -> None:
    service = SERVICES[name]
    image = service["image"]
    user = service.get("user", "")
    assert image.startswith(UNPRIVILEGED_IMAGES) or user
    assert user.split(":")[0] not in ("0", "root")
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text("utf-8")
    assert re.findall(r"^USER (.*)$", dockerfile, re.M)[-1] == "minqing"


@each
def test_it_writes_only_into_volumes_and_memory(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    volumes = set(COMPOSE["volumes"])
    for source, *_, mode in volumes_of(service):
        assert source in volumes or mode == "ro", source


@each
def test_it_ends_before_the_memory_of_the_machine_does(name: str) -> None:
    assert re.fullmatch(r"\d+[mg]", SERVICES[name]["mem_limit"])


@each
def test_it_is_looked_after_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    if name in ONCE:
        assert "restart" not in service
        return
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"]


def test_what_is_kept_lies_in_volumes_that_are_used() -> None:
    used = {
        source for service in SERVICES.values() for source, *_ in volumes_of(service)
    }
    assert set(COMPOSE["volumes"]) <= used


def test_only_the_proxy_is_reached_from_other_machines() -> None:
    reached = {
        name
        for name, service in SERVICES.items()
        for port in service.get("ports", [])
        if not str(port).startswith("127.0.0.1:")
    }
    assert reached == {"nginx"}


def test_each_waits_for_what_it_needs() -> None:
    for name, service in SERVICES.items():
        for needed, how in service.get("depends_on", {}).items():
            wanted = "completed_successfully" if needed in ONCE else "healthy"
            assert how == {"condition": f"service_{wanted}"}, name


def test_no_password_has_a_value_that_everybody_knows() -> None:
    passwords = re.findall(r"\$\{(MINQING_\w*PASSWORD)([^}]*)\}", TEXT)
    first = {}
    for name, default in passwords:
        first.setdefault(name, default)
    assert set(first) == {
        "MINQING_POSTGRES_PASSWORD",
        "MINQING_OWNER_PASSWORD",
        "MINQING_APP_PASSWORD",
    }
    assert all(default.startswith(":?") for default in first.values())


def test_every_setting_of_the_containers_is_one_that_is_read() -> None:
    given = {
        name
        for service in SERVICES.values()
        if service["image"] == "minqing"
        for name in service.get("environment", {})
    }
    assert given
    assert given - set(all_settings()) == set()


def test_the_proxy_that_is_believed_is_nginx_by_an_address_of_its_own() -> None:
    default = SERVICES["app"]["environment"]["MINQING_TRUSTED_PROXIES"]
    address = ip_address(default.removeprefix("${MINQING_TRUSTED_PROXIES:-")[:-1])
    assert SERVICES["nginx"]["networks"]["default"]["ipv4_address"] == str(address)
    (pool,) = COMPOSE["networks"]["default"]["ipam"]["config"]
    assert address in ip_network(pool["subnet"])
    # The range that all others are given their addresses from does not hold it.
    assert address not in ip_network(pool["ip_range"])
    assert ip_network(pool["ip_range"]).subnet_of(ip_network(pool["subnet"]))


def test_nginx_is_told_the_address_that_people_use() -> None:
    nginx = SERVICES["nginx"]
    assert "MINQING_PUBLIC_URL" in nginx["environment"]
    (source, target, _), *_ = volumes_of(nginx)
    assert target == "/etc/nginx/templates/default.conf.template"
    used = re.findall(r"\$\{(\w+)\}", (ROOT / source).read_text("utf-8"))
    assert set(used) <= set(nginx["environment"])
    # The image writes what it has filled in beside its own files.
    assert "/etc/nginx/conf.d" in nginx["tmpfs"]
