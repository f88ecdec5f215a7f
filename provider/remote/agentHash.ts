/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "b5d9555bcf4f7e553f70ddeea7b16017c2329a58aefc632a850645d20064b866";
