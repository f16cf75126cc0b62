/** Ten steps, all kinds of them; what kill tests and pictures are made of. */
export const allKinds = `name: all-kinds
description: Does a bit of everything.
group: operations
inputs:
  topic: { type: text, default: weather }
  places: { type: list, default: [rome, oslo, lima] }
steps:
  - id: plan
    ask: general
    prompt: "Plan for {{ inputs.topic }}"
    output: { type: object, required: [severity], properties: { severity: { type: number } } }
  - id: note
    tool: write_note
    with: { text: "{{ steps.plan.output.severity }} for {{ inputs.topic }}" }
  - id: gate
    approve: "Go on with {{ inputs.topic }}?"
    timeout: 1h
    default: approve
  - id: route
    switch:
      - when: steps.plan.output.severity > 3
        steps: [{ id: page, tool: page_someone, repeatable: true, with: { level: "{{ steps.plan.output.severity }}" } }]
    else: [{ id: calm, send: owner, text: All is calm. }]
  - id: gather
    each: inputs.places
    as: place
    limit: 2
    steps:
      - { id: fetch, tool: fetch_weather, with: { place: "{{ place }}" } }
      - { id: say, send: owner, text: "{{ place }}: {{ steps.fetch.output.degrees }}" }
  - id: pause
    wait: 10m
  - id: sub
    workflow: small
    with: { text: "{{ steps.gather.output.size() }}" }
  - id: done
    send: owner
    text: "{{ inputs.topic }}: {{ steps.sub.output.answer }}, gate {{ steps.gate.output.isApproved }}"
outputs:
  severity: "{{ steps.plan.output.severity }}"
  answer: "{{ steps.sub.output.answer }}"
`;

export const small = `name: small
description: Is called by another one.
group: operations
inputs: { text: { type: text } }
steps:
  - id: shout
    tool: write_note
    with: { text: "small {{ inputs.text }}" }
outputs: { answer: "{{ inputs.text }}!" }
`;
