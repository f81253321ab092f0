"""A collector of OpenTelemetry traces: reads OTLP over HTTP by the project's own messages (opentelemetry-proto of PyPI) and writes a line for each
span. Usage: collector.py FILE [STATUS ...]: the first requests are answered with the statuses, the others with 200."""
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

answers = [int(status) for status in sys.argv[2:]]
lines = open(sys.argv[1], "w", buffering=1)


def value(any_value):
    return getattr(any_value, any_value.WhichOneof("value"))


class Collector(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = answers.pop(0) if answers else 200
        if self.path != "/v1/traces" or self.headers["Content-Type"] != "application/x-protobuf":
            status = 415
        if status == 200:
            # A body that is no such message raises, and the request is answered with nothing.
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                host = {pair.key: value(pair.value) for pair in resource.resource.attributes}
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        self.keep(host, span)
        answer = ExportTraceServiceResponse().SerializeToString() if status == 200 else b"busy"
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def keep(self, host, span):
        line = {
            "trace": span.trace_id.hex(), "span": span.span_id.hex(), "parent": span.parent_span_id.hex(),
            "name": span.name, "kind": span.kind, "start": span.start_time_unix_nano, "end": span.end_time_unix_nano,
            "fault": span.status.message if span.status.code == 2 else None, "service": host["service.name"],
            "token": self.headers.get("Authorization"),
        } | {pair.key: value(pair.value) for pair in span.attributes}
        lines.write(json.dumps(line) + "\n")

    def log_message(self, *arguments):
        pass


server = HTTPServer(("127.0.0.1", 0), Collector)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
