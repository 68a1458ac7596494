"""The shell installer and the formula of Homebrew, for the archives of a release."""

from . import project

RELEASE = f"{project.REPOSITORY}/releases/download"


def shell(out):
    text = (project.ROOT / "packages/installer/install.sh").read_text()
    file = out / "install.sh"
    file.write_text(text.replace("@VERSION@", project.version()))
    file.chmod(0o755)
    return file


FORMULA = '''\
class CognitoMcp < Formula
  desc "{description}"
  homepage "{repository}"
  version "{version}"
  license any_of: ["MIT", "Apache-2.0"]

{archives}
  def install
    bin.install "cognito-mcp"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/cognito-mcp.bash" => "cognito-mcp"
    zsh_completion.install "completions/_cognito-mcp"
    fish_completion.install "completions/cognito-mcp.fish"
  end

  service do
    run [opt_bin/"cognito-mcp", "emulator"]
  end

  test do
    assert_match version.to_s, shell_output("#{{bin}}/cognito-mcp --version")
    assert_match "CONFIRMED", shell_output("#{{bin}}/cognito-mcp call get_user '{{\\"username\\": \\"ana\\"}}'")
  end
end
'''

SYSTEMS = {"darwin": "macos", "linux": "linux"}
MACHINES = {"x64": "intel", "arm64": "arm"}


def formula(archives, out):
    """`archives`: the archive of each platform. Platforms without one are left out."""
    text = ""
    for system, name in SYSTEMS.items():
        inner = ""
        for platform, archive in archives.items():
            if platform.system == system:
                inner += (f"    on_{MACHINES[platform.machine]} do\n"
                          f'      url "{RELEASE}/v{project.version()}/{archive.name}"\n'
                          f'      sha256 "{project.sha256(archive)}"\n    end\n')
        text += f"  on_{name} do\n{inner}  end\n\n" if inner else ""
    file = out / "cognito-mcp.rb"
    # Homebrew's audit allows 80 characters.
    short = "Amazon Cognito user pools on your own machine, for tests and for AI agents"
    file.write_text(FORMULA.format(description=short, repository=project.REPOSITORY,
                                   version=project.version(), archives=text.rstrip("\n") + "\n"))
    return file
