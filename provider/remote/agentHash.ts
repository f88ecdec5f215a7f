/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "84e7b4302fa9991b25842a6a3bfef6686ed4b926f782e1a6a007c5f7656b9629";
