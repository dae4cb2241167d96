"""A GitHub on loopback, as far as the action and the templates speak to it: git over HTTP, releases, and a little of the API.

git is git's own `http-backend`. Nothing is answered without the token, so a step that forgets it fails; what each request
carried is kept, for the tests to look at.
"""

import base64
import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

TOKEN = "ghs_0123456789abcdefTOKEN"
BASIC = "Basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()


class Hub:
    """`directory` holds `git/OWNER/NAME` and `releases/FILE`; `pulls` is the API's answer by number. `/v1` is no part of GitHub: a
    model's API, for recordings that a key is needed for."""

    def __init__(self, directory):
        self.directory, self.pulls, self.reviews, self.comments, self.requests = Path(directory), {}, {}, [], []
        (self.directory / "releases").mkdir(parents=True)
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                hub.answer(self)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()

    def answer(self, request):
        path = urlsplit(request.path).path
        authorization = request.headers.get("Authorization", "")
        self.requests.append((request.command, path, authorization))
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        if "/releases/download/" in path:
            # GitHub sends to another place, without asking who it is.
            name = path.rsplit("/", 1)[1]
            return send(request, 302, b"", {"Location": f"{self.url}/storage/{name}"})
        if path.startswith("/storage/"):
            file = self.directory / "releases" / Path(path).name
            return send(request, 200, file.read_bytes()) if file.is_file() else send(request, 404, b"")
        if path == "/v1/chat/completions":
            asked = json.loads(body)
            message = {"role": "assistant", "content": "Bonjour Ada!"}
            usage = {"prompt_tokens": 20, "completion_tokens": 4, "total_tokens": 24}
            reply = {"id": "x", "object": "chat.completion", "created": 0, "model": "gpt-4o-mini-2024-07-18", "usage": usage}
            reply["choices"] = [{"index": 0, "message": message, "finish_reason": "stop"}]
            assert asked["model"] == "gpt-4o-mini", asked
            return send(request, 200, json.dumps(reply).encode(), {"Content-Type": "application/json"})
        if path.startswith("/api/"):
            if authorization not in (f"Bearer {TOKEN}", f"token {TOKEN}"):
                return send(request, 401, b"{}")
            return self.api(request, path.removeprefix("/api/"), body)
        if authorization != BASIC:
            return send(request, 401, b"", {"WWW-Authenticate": "Basic"})
        return self.git(request, path, body)

    def api(self, request, path, body):
        parts = path.split("/")
        answer = None
        if request.command == "GET" and parts[3:4] == ["pulls"] and int(parts[4]) in self.pulls:
            pull = self.pulls[int(parts[4])]
            commit = {"sha": pull["head"]["sha"], "author": pull["user"], "committer": pull["user"]}
            about = {"reviews": self.reviews.get(int(parts[4]), []), "commits": [commit]}
            answer = pull if len(parts) == 5 else about.get(parts[5])
        elif parts[3:4] == ["collaborators"] and parts[5:] == ["permission"]:
            answer = {"permission": "write", "role_name": "write", "user": {"login": parts[4]}}
        elif parts[3:4] == ["issues"] and parts[5:] == ["comments"]:
            if request.command == "POST":
                number = len(self.comments) + 1
                url = f"{self.url}/octo/prompts/pull/{parts[4]}#issuecomment-{number}"
                self.comments.append(json.loads(body)["body"])
                answer = {"id": number, "node_id": f"IC_{number}", "html_url": url, "body": self.comments[-1]}
            else:
                answer = []
        if answer is None:
            return send(request, 404, b'{"message": "Not Found"}')
        return send(request, 201 if request.command == "POST" else 200, json.dumps(answer).encode())

    def git(self, request, path, body):
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.directory / "git"),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": "http.receivepack",
            "GIT_CONFIG_VALUE_0": "true",
            "GIT_CONFIG_KEY_1": "safe.directory",
            "GIT_CONFIG_VALUE_1": "*",
            "PATH_INFO": path,
            "QUERY_STRING": urlsplit(request.path).query,
            "REQUEST_METHOD": request.command,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "x",
            "REMOTE_ADDR": "127.0.0.1",
        }
        ended = subprocess.run(["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE, check=True)
        head, _, content = ended.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        send(request, status, content, headers)


def send(request, status, content, headers=None):
    request.send_response(status)
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)
