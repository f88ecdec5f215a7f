/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "f5411a8e1cd71edc01c65ac39ad9f576d4d064e75ef476f9721a93d4f665ac7d";
