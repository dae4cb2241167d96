"""The official clients, given nothing but the two base URLs: each line printed is one thing that held."""

import anthropic
import openai

SCHEMA = {"type": "object", "properties": {"id": {"type": "string"}}}
ASKED = "Where is order 42?"
RESULT = '{"status": "shipped", "parcels": [1, 2]}'


def held(what, found, wanted):
    assert found == wanted, f"{what}: {found!r} instead of {wanted!r}"
    print(what)


def with_openai():
    client = openai.OpenAI()
    tools = [{"type": "function", "function": {"name": "get_order", "description": "looks up", "parameters": SCHEMA}}]

    def messages(text):
        return [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]

    def ask(said, **more):
        return client.chat.completions.create(model="mini", messages=said, tools=tools, **more)

    hello = ask(messages("Hello"), temperature=0.7)
    held("openai: plain", (hello.choices[0].message.content, hello.choices[0].finish_reason), ("Hi! 👋", "stop"))
    said = messages(ASKED)
    first = ask(said).choices[0]
    call = first.message.tool_calls[0]
    held("openai: a call", (first.finish_reason, call.function.name, call.function.arguments), ("tool_calls", "get_order", '{"id":"42"}'))
    said += [first.message, {"role": "tool", "tool_call_id": call.id, "content": RESULT}]
    second = ask(said)
    held("openai: after the call", (second.choices[0].message.content, second.usage.completion_tokens), ("It is shipped.", 7))
    chunks = list(ask(said, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    held("openai: a stream", (text, chunks[-1].usage.completion_tokens), ("It is shipped.", 7))
    with client.chat.completions.stream(model="mini", messages=messages(ASKED), tools=tools) as stream:
        streamed = stream.get_final_completion().choices[0].message.tool_calls[0]
    held("openai: a streamed call", (streamed.id, streamed.function.arguments), (call.id, call.function.arguments))
    try:
        ask(messages("Who are you?"))
    except openai.NotFoundError as error:
        held("openai: a miss", (error.code, "regild record --prompt ask" in error.message), ("not_recorded", True))


def with_anthropic():
    client = anthropic.Anthropic()
    tools = [{"name": "get_order", "description": "looks up", "input_schema": SCHEMA}]
    common = {"model": "mini", "max_tokens": 100, "system": "Be brief.", "tools": tools}

    def ask(said, **more):
        return client.messages.create(messages=said, **common, **more)

    def question(text):
        return [{"role": "user", "content": text}]

    hello = ask(question("Hello"))
    held("anthropic: plain", (hello.content[0].text, hello.stop_reason), ("Hi! 👋", "end_turn"))
    said = question(ASKED)
    first = ask(said)
    used = first.content[0]
    held("anthropic: a call", (first.stop_reason, used.name, used.input), ("tool_use", "get_order", {"id": "42"}))
    result = {"type": "tool_result", "tool_use_id": used.id, "content": RESULT}
    said += [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = ask(said)
    held("anthropic: after the call", (second.content[0].text, second.usage.output_tokens), ("It is shipped.", 7))
    with client.messages.stream(messages=said, **common) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    held("anthropic: a stream", (text, final.stop_reason, final.usage.output_tokens), ("It is shipped.", "end_turn", 7))
    with client.messages.stream(messages=question(ASKED), **common) as stream:
        streamed = stream.get_final_message().content[0]
    held("anthropic: a streamed call", (streamed.id, streamed.input), (used.id, used.input))
    try:
        ask(question("Who are you?"))
    except anthropic.NotFoundError as error:
        body = error.body["error"]
        held("anthropic: a miss", (body["type"], "regild record --prompt ask" in body["message"]), ("not_found_error", True))


with_openai()
with_anthropic()
