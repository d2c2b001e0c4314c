/** What keeps a host from being asked, in a line. @param error of Remote */
export function inWords(node: string, { message }: Error): string {
  if (/sudo: .*(password|terminal)/.test(message))
    return `${node}: sudo asks for a password; the user needs NOPASSWD: ALL in /etc/sudoers.d`;
  if (/sudo: (command )?not found/.test(message)) return `${node}: has no sudo`;
  return message;
}
