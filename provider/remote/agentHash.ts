/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "4e24eaa2ca3fdf784ccd3ee5a1f95ebd264257fe920e73600aee60636543a716";
