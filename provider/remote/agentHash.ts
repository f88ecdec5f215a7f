/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "4dc4c36bd5585a52752a02ea39bd26d9f993c9da094fccd31c86b121d6064f15";
