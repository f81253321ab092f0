"""Holds what Compose makes of deploy/compose to the rules of a deployment: check-deploy.py NAME, the model as JSON on standard input.

Every service has limits, no capabilities, a read-only root, a user that is not root and a policy of restarts; every one that
stays has a check of its health; who needs another waits until it is well; no image has the tag 'latest'; only ports that are
meant to be reached lead out; what is mounted from here is here.
"""

import json
import os
import sys

PUBLISHED = {"penstock", "grafana"}
ENDS = {"setup"}


def faults_of(name, service, services):
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    for limit in ("cpus", "memory", "pids"):
        if limit not in limits:
            yield f"has no limit of {limit}"
    if not service.get("read_only"):
        yield "may write its root"
    if service.get("cap_drop") != ["ALL"]:
        yield "keeps capabilities"
    if "no-new-privileges:true" not in service.get("security_opt", []):
        yield "may gain rights"
    if service.get("user", "0").split(":")[0] in ("", "0", "root"):
        yield "runs as root"
    if service.get("restart") != ("no" if name in ENDS else "unless-stopped"):
        yield f"has the restart policy '{service.get('restart')}'"
    if name not in ENDS and not service.get("healthcheck", {}).get("test"):
        yield "has no check of its health"
    image = service.get("image", "")
    if ":" not in image.rsplit("/", 1)[-1] or image.endswith(":latest"):
        yield f"has the image '{image}', which has no version"
    if service.get("ports") and name not in PUBLISHED:
        yield "publishes a port"
    for port in service.get("ports", []):
        if port.get("host_ip") != "127.0.0.1":
            yield f"is reached from elsewhere by default, at {port.get('host_ip')}:{port.get('published')}"
    for other, need in service.get("depends_on", {}).items():
        wanted = "service_completed_successfully" if other in ENDS else "service_healthy"
        if need["condition"] != wanted or other not in services:
            yield f"waits for '{other}' by {need['condition']}; allowed {wanted}"
    for volume in service.get("volumes", []):
        if volume["type"] == "bind" and not (os.path.exists(volume["source"]) and volume.get("read_only")):
            yield f"mounts {volume['source']}, which is not there or can be written"


def main():
    name, model = sys.argv[1], json.load(sys.stdin)
    services = model["services"]
    found = [f"{name}: service '{key}' {fault}." for key in services for fault in faults_of(key, services[key], services)]
    if name == "compose.china.yaml":
        found += [
            f"{name}: service '{key}' takes its image from '{service['image']}', not from the mirror."
            for key, service in services.items()
            if "build" not in service and not service["image"].startswith("docker.m.daocloud.io/")
        ]
    print("\n".join(found), end="\n" if found else "", file=sys.stderr)
    return 1 if found else 0


sys.exit(main())
